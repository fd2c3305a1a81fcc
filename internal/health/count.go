package health

// count turns results of probes into a verdict: results that contradict the
// verdict are counted, one that agrees resets the count.
type count struct {
	rise, fall int
	verdict    Verdict
	contrary   int   // results in a row that contradict verdict; below rise or fall
	lastErr    error // of the last failed probe; nil while Up
}

// add counts the result of one probe, nil for a success. It reports whether there
// is news: another verdict or, of a backend that is not up, another reason.
func (c *count) add(err error) (news bool) {
	if err == nil {
		return c.success()
	}
	return c.failure(err)
}

func (c *count) success() (news bool) {
	if c.verdict == Up {
		c.contrary = 0
		return false
	}
	c.contrary++
	if c.verdict == Down && c.contrary < c.rise {
		return false
	}
	c.turn(Up)
	c.lastErr = nil
	return true
}

func (c *count) failure(err error) (news bool) {
	if c.verdict == Down {
		c.contrary = 0
		return c.because(err)
	}
	c.contrary++
	if c.contrary >= c.fall {
		c.turn(Down)
		c.lastErr = err
		return true
	}
	// Single failures of a backend that is up are no news: it may never reach
	// Fall.
	return c.verdict == Unknown && c.because(err)
}

func (c *count) turn(v Verdict) {
	c.verdict, c.contrary = v, 0
}

// because records the reason and reports whether its text has changed.
func (c *count) because(err error) (news bool) {
	news = c.lastErr == nil || c.lastErr.Error() != err.Error()
	c.lastErr = err
	return news
}
