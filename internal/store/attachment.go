package store

import "elbow/internal/elb"

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

// Attachment reads whether a policy is attached to a holder, and since when.
func (r *Reader) Attachment(h elb.Holder, policyType, policyName string) (elb.Attachment, bool) {
	return read(r, attachments, attachmentKey(h, policyType, policyName))
}

// AttachmentsOf lists the policies of a holder by type and name.
func (r *Reader) AttachmentsOf(h elb.Holder) []elb.Attachment {
	return list(r, attachments, attachmentsOf(h))
}

// PutAttachment writes an attachment.
func (tx *Tx) PutAttachment(a elb.Attachment) {
	put(tx, attachments, attachmentKey(a.Holder, a.PolicyType, a.PolicyName), a)
	tx.index(attachedKey(a))
}

// DeleteAttachment deletes an attachment.
func (tx *Tx) DeleteAttachment(a elb.Attachment) {
	tx.delete(attachmentKey(a.Holder, a.PolicyType, a.PolicyName))
	tx.unindex(attachedKey(a))
}
