package store

import (
	"strings"

	"elbow/internal/elb"
)

var attachments = kind[elb.Attachment]{name: "attachment"}

// attachmentsOf is the prefix of the attachments of a holder.
func attachmentsOf(h elb.Holder) string {
	switch {
	case h.GroupID != "":
		return under(groupAttachmentPrefix, h.GroupID) + "/"
	case h.RoleName != "":
		return under(roleAttachmentPrefix, h.RoleName) + "/"
	}
	return under(attachmentPrefix, h.UserName) + "/"
}

func attachmentKey(h elb.Holder, policyType, policyName string) string {
	return under(attachmentsOf(h), policyType, policyName)
}

// Attachments are the attachments of policies to users, groups and roles.
var Attachments attachmentTable

type attachmentTable struct{}

// Get reads whether a policy is attached to a holder, and since when.
func (attachmentTable) Get(s Snapshot, h elb.Holder, policyType, policyName string) (elb.Attachment, bool) {
	return read(s.reader(), attachments, attachmentKey(h, policyType, policyName))
}

// Of lists the policies of a holder by type and name.
func (attachmentTable) Of(s Snapshot, h elb.Holder) []elb.Attachment {
	return list(s.reader(), attachments, attachmentsOf(h))
}

// CountHolders counts the users, groups and roles that a policy is attached to.
func (attachmentTable) CountHolders(s Snapshot, policyType, policyName string) int {
	return s.reader().count(attachedTo(policyType, policyName))
}

// Holder returns a user, group or role that a policy is attached to.
func (attachmentTable) Holder(s Snapshot, policyType, policyName string) (h elb.Holder, found bool) {
	some := s.reader().some(attachedTo(policyType, policyName), 1)
	if len(some) == 0 {
		return h, false
	}
	return holderNamed(some[0]), true
}

// Holders lists the users, groups and roles that a policy is attached to.
func (attachmentTable) Holders(s Snapshot, policyType, policyName string) (all []elb.Holder) {
	for _, name := range s.reader().some(attachedTo(policyType, policyName), 0) {
		all = append(all, holderNamed(name))
	}
	return all
}

// holderNamed is the holder that attachedKey escaped.
func holderNamed(escaped string) elb.Holder {
	name := unescaped(escaped)
	if group, ok := strings.CutPrefix(name, groupHolder); ok {
		return elb.Holder{GroupID: group}
	}
	if role, ok := strings.CutPrefix(name, roleHolder); ok {
		return elb.Holder{RoleName: role}
	}
	return elb.Holder{UserName: name}
}

// Put writes an attachment.
func (attachmentTable) Put(tx *Tx, a elb.Attachment) {
	put(tx, attachments, attachmentKey(a.Holder, a.PolicyType, a.PolicyName), a)
	tx.index(attachedKey(a))
}

// Delete deletes an attachment.
func (attachmentTable) Delete(tx *Tx, a elb.Attachment) {
	tx.delete(attachmentKey(a.Holder, a.PolicyType, a.PolicyName))
	tx.unindex(attachedKey(a))
}
