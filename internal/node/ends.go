package node

import "context"

// ends collects the functions that end the parts of something. They run in the reverse
// order of the start.
type ends struct{ all []func(context.Context) }

// atEnd registers a function that ends a part. It runs after those that are registered
// later.
func (e *ends) atEnd(end func()) { e.atEndWithin(func(context.Context) { end() }) }

// atEndWithin is atEnd for a function that may take until its context ends.
func (e *ends) atEndWithin(end func(context.Context)) { e.all = append(e.all, end) }

// endAll ends all parts. A part that has not ended when ctx ends is cut.
func (e *ends) endAll(ctx context.Context) {
	for len(e.all) > 0 {
		last := len(e.all) - 1
		e.all[last](ctx)
		e.all = e.all[:last]
	}
}

// background runs a function in a goroutine. stop cancels its context and waits until it
// has returned.
func background(run func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { // ends with ctx; the function below waits
		defer close(done)
		run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}
