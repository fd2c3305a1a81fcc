// Package ram evaluates RAM policies: given policies and an action, a resource
// and conditions it answers allow, deny or no statement. It is pure. Start
// reading at Evaluate.
package ram
