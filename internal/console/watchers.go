package console

import "encoding/json"

// tell sends every watcher the report of its topic, which is made once for all watchers of
// the topic. A watcher that has not read the previous report does not get this one.
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

// report returns the report for the watchers of a topic.
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
	text, _ := json.Marshal(doc) // strings and numbers can always be encoded
	return text
}

// watch adds a watcher, which gets the current report at once; false if there are too
// many. unwatch removes it.
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
		return // close has removed it
	}
	delete(l.watchers[topic], told)
	l.watching--
	if len(l.watchers[topic]) == 0 {
		delete(l.watchers, topic)
	}
}

// close ends every stream and refuses new ones.
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

// reopen accepts streams again.
func (l *live) reopen() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = false
}
