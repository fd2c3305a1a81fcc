package node

import "context"

// ends are what ends the parts of something: those of the part that was started last
// come first.
type ends struct{ all []func(context.Context) }

// atEnd notes what ends a part. It is called after the ends of all parts that were
// started later.
func (e *ends) atEnd(end func()) { e.atEndWithin(func(context.Context) { end() }) }

// atEndWithin is atEnd for a part that may take until its context ends.
func (e *ends) atEndWithin(end func(context.Context)) { e.all = append(e.all, end) }

// endAll ends all parts. What is left of them when ctx ends is cut.
func (e *ends) endAll(ctx context.Context) {
	for len(e.all) > 0 {
		last := len(e.all) - 1
		e.all[last](ctx)
		e.all = e.all[:last]
	}
}

// background runs a part until the function that it returns is called, which waits
// for it.
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
