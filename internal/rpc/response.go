package rpc

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
)

// A Format is the encoding of an answer. The zero value is JSON.
type Format uint8

const (
	JSON Format = iota
	XML
)

// ContentType is the media type of an answer. The official clients compare the
// XML one literally.
func (f Format) ContentType() string {
	if f == XML {
		return "text/xml;charset=utf-8"
	}
	return "application/json;charset=utf-8"
}

// EncodeAnswer encodes the answer to a successful call of action: the fields of
// out, which encodes to a JSON object or is nil, and the request id.
func EncodeAnswer(f Format, action, requestID string, out any) ([]byte, error) {
	doc, err := marshal(struct {
		RequestID string `json:"RequestId"`
	}{requestID})
	if err != nil {
		return nil, err
	}
	if out != nil {
		fields, err := marshal(out)
		if err != nil {
			return nil, err
		}
		if len(fields) < 2 || fields[0] != '{' {
			return nil, fmt.Errorf("answer of %s: %T is not an object", action, out)
		}
		if len(fields) > len("{}") {
			doc = append(doc[:len(doc)-1], ',')
			doc = append(doc, fields[1:]...)
		}
	}
	if f == XML {
		return toXML(action+"Response", doc)
	}
	return doc, nil
}

// EncodeError encodes the answer to a failed call.
func EncodeError(f Format, e *Error) ([]byte, error) {
	doc, err := marshal(e)
	if err != nil || f != XML {
		return doc, err
	}
	return toXML("Error", doc)
}

// marshal is json.Marshal without the escapes that only HTML needs: a message
// that quotes an & must stay readable.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// toXML converts a JSON object to an XML document. A list becomes one element for
// each of its items, all with the list's name; null is left out.
func toXML(root string, doc []byte) ([]byte, error) {
	x := xmlWriter{dec: json.NewDecoder(bytes.NewReader(doc))}
	x.dec.UseNumber()
	x.out.WriteString(xml.Header)
	if err := x.value(root); err != nil {
		return nil, fmt.Errorf("%s as XML: %w", root, err)
	}
	return x.out.Bytes(), nil
}

type xmlWriter struct {
	dec *json.Decoder
	out bytes.Buffer
}

// value writes the next JSON value as the element name.
func (x *xmlWriter) value(name string) error {
	tok, err := x.dec.Token()
	if err != nil {
		return err
	}
	switch tok := tok.(type) {
	case json.Delim:
		if tok == '[' {
			return x.items(name)
		}
		return x.members(name)
	case nil:
		return nil
	default: // string, json.Number, bool
		x.out.WriteString("<" + name + ">")
		if err := xml.EscapeText(&x.out, []byte(fmt.Sprint(tok))); err != nil {
			return err
		}
		x.out.WriteString("</" + name + ">")
		return nil
	}
}

// items writes the rest of a JSON array, up to its bracket.
func (x *xmlWriter) items(name string) error {
	for x.dec.More() {
		if err := x.value(name); err != nil {
			return err
		}
	}
	_, err := x.dec.Token()
	return err
}

// members writes the rest of a JSON object, up to its brace.
func (x *xmlWriter) members(name string) error {
	x.out.WriteString("<" + name + ">")
	for x.dec.More() {
		key, err := x.dec.Token()
		if err != nil {
			return err
		}
		if err := x.value(key.(string)); err != nil {
			return err
		}
	}
	x.out.WriteString("</" + name + ">")
	_, err := x.dec.Token()
	return err
}
