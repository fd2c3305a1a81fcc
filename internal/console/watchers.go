package console

import "encoding/json"

// tell sends every watcher what it watches, made once for all who watch the
// same. One who has not read the last gets no further until they have.
func (l *live) tell() {
	l.mu.Lock()
	topics := make([]string, 0, len(l.watchers))
	for topic := range l.watchers {
		topics = append(topics, topic)
	}
	l.mu.Unlock()
	if len(topics) == 0 {
		return
	}
	s := l.state()
	for _, topic := range topics {
		text := l.report(topic, s)
		l.mu.Lock()
		for watcher := range l.watchers[topic] {
			select {
			case watcher <- text:
			default:
			}
		}
		l.mu.Unlock()
	}
}

// report is what who watches a topic is told.
func (l *live) report(topic string, s State) []byte {
	var doc any
	if topic == "" {
		doc = struct {
			Point  Point  `json:"point"`
			Counts counts `json:"counts"`
		}{l.lastPoint(""), countsOf(s)}
	} else {
		doc = struct {
			Point     Point           `json:"point"`
			Backends  []backendRate   `json:"backends"`
			Listeners []listenerState `json:"listeners"`
		}{l.lastPoint(topic), l.backendsOf(topic, s), listenersOf(topic, s)}
	}
	text, _ := json.Marshal(doc) // texts and numbers always encode
	return text
}

// watch adds a watcher and says what is so right now; false if there are too
// many. unwatch takes it away again.
func (l *live) watch(topic string) (told chan []byte, ok bool) {
	l.want()
	now := l.report(topic, l.state())
	told = make(chan []byte, 1)
	told <- now
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.watching >= maxWatchers {
		return nil, false
	}
	if l.watchers[topic] == nil {
		l.watchers[topic] = make(map[chan []byte]struct{})
	}
	l.watchers[topic][told] = struct{}{}
	l.watching++
	return told, true
}

func (l *live) unwatch(topic string, told chan []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, there := l.watchers[topic][told]; !there {
		return // close has
	}
	delete(l.watchers[topic], told)
	l.watching--
	if len(l.watchers[topic]) == 0 {
		delete(l.watchers, topic)
	}
}

// close ends every stream, and lets none begin.
func (l *live) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed, l.watching = true, 0
	for topic, all := range l.watchers {
		for told := range all {
			close(told)
		}
		delete(l.watchers, topic)
	}
}

// reopen lets streams begin again.
func (l *live) reopen() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = false
}
