package main

// #include "table.h"
import "C"

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// vault makes the requests to Vault's key-value store, version 2, and knows what each answer means: the part to rewrite for
// another service.
type vault struct {
	services
	token    []byte
	endpoint string
}

// place is where the pair goes: two fields of one secret.
type place struct {
	Mount           string `json:"mount"`
	Path            string `json:"path"`
	AccessKeyID     string `json:"access-key-id"`
	SecretAccessKey string `json:"secret-access-key"`
}

func readPlace(fields []byte) (place, bool) {
	where := place{Mount: "secret"}
	if json.Unmarshal(fields, &where) != nil {
		return where, false
	}
	for _, text := range []string{where.Mount, where.AccessKeyID, where.SecretAccessKey} {
		if text == "" || len(text) > 256 {
			return where, false
		}
	}
	return where, where.Path != "" && len(where.Path) <= 1024
}

func (where place) success(code C.kt_outcome, evidence C.kt_evidence, what string) *outcome {
	return &outcome{code: code, evidence: evidence, message: "Vault: " + where.Path + ": " + what}
}

// held is what a place holds.
type held struct {
	exists          bool
	accessKeyID     []byte
	secretAccessKey []byte
}

func (found held) wipe() { wipe(found.secretAccessKey) }

func (found held) holds(id, secret []byte) bool {
	return bytes.Equal(found.accessKeyID, id) && bytes.Equal(found.secretAccessKey, secret)
}

func (vault *vault) read(call *C.kt_call, where place) (held, *outcome) {
	fields, failed := vault.fields(call, where)
	if failed != nil || fields == nil {
		return held{}, failed
	}
	found := held{exists: true}
	for name, value := range fields {
		switch name {
		case where.AccessKeyID:
			found.accessKeyID, _ = unquoted(value)
		case where.SecretAccessKey:
			found.secretAccessKey, _ = unquoted(value)
		}
		wipe(value)
	}
	return found, nil
}

// fields are those of a secret, which the caller wipes; nil: there is no such secret.
func (vault *vault) fields(call *C.kt_call, where place) (map[string]json.RawMessage, *outcome) {
	answer, failed := vault.request(call, "GET", "/data/", where, nil)
	if failed != nil || answer.isMissingSecret() {
		return nil, failed
	}
	var body struct {
		Data *struct {
			Data map[string]json.RawMessage `json:"data"`
		} `json:"data"`
	}
	err := json.Unmarshal(answer.body, &body)
	if answer.status != 200 || err != nil || body.Data == nil || body.Data.Data == nil {
		return nil, answer.refused(where)
	}
	return body.Data.Data, nil
}

// list gives the names below a path; those of paths end in a slash.
func (vault *vault) list(call *C.kt_call, where place) ([]string, *outcome) {
	answer, failed := vault.request(call, "GET", "/metadata/", where, nil)
	if failed != nil || answer.isMissingSecret() {
		return nil, failed
	}
	var body struct {
		Data *struct {
			Keys *[]string `json:"keys"`
		} `json:"data"`
	}
	err := json.Unmarshal(answer.body, &body)
	if answer.status != 200 || err != nil || body.Data == nil || body.Data.Keys == nil {
		return nil, answer.refused(where)
	}
	return *body.Data.Keys, nil
}

// write writes both fields in one request, and leaves the secret's other fields as they are.
func (vault *vault) write(call *C.kt_call, where place, exists bool, id, secret []byte) *outcome {
	// Large enough from the start, so that it does not move and leave a copy of the secret behind.
	size := 1024 + 6*(len(id)+len(secret)+len(where.AccessKeyID)+len(where.SecretAccessKey))
	body := append(make([]byte, 0, size), `{"data":{`...)
	body = appendQuoted(body, []byte(where.AccessKeyID))
	body = appendQuoted(append(body, ':'), id)
	body = appendQuoted(append(body, ','), []byte(where.SecretAccessKey))
	body = appendQuoted(append(body, ':'), secret)
	body = append(body, `}}`...)
	defer wipe(body)
	method := "POST"
	if exists {
		method = "PATCH"
	}
	answer, failed := vault.request(call, method, "/data/", where, body)
	if failed != nil {
		return failed
	}
	var written struct {
		Data struct {
			Version *int64 `json:"version"`
		} `json:"data"`
	}
	if answer.status == 200 && json.Unmarshal(answer.body, &written) == nil && written.Data.Version != nil {
		return nil
	}
	return answer.refused(where)
}

func (vault *vault) request(call *C.kt_call, method, part string, where place, body []byte) (response, *outcome) {
	kind := "application/json"
	if method == "PATCH" {
		kind = "application/merge-patch+json"
	}
	url := vault.endpoint + "/v1/" + encoded(where.Mount) + part + encoded(where.Path)
	if part == "/metadata/" {
		url += "?list=true"
	}
	answer, ok := vault.send(call, method, url, []header{
		{"X-Vault-Token", vault.token}, {"X-Vault-Request", []byte("true")}, {"Content-Type", []byte(kind)},
	}, body)
	if !ok {
		return answer, failure(C.KT_INTERNAL, "Vault: "+where.Path+": no memory for the request")
	}
	if answer.failure == C.KT_HTTP_OK {
		return answer, nil
	}
	code := C.kt_outcome(C.KT_RETRYABLE)
	switch answer.failure {
	case C.KT_HTTP_REFUSED:
		code = C.KT_INVALID_CONFIG
	case C.KT_HTTP_TIMED_OUT:
		code = C.KT_TIMED_OUT
	case C.KT_HTTP_CANCELLED:
		code = C.KT_CANCELLED
	}
	return answer, failure(code, fmt.Sprintf("Vault: %s: no answer (%s)", where.Path, answer.errorText))
}

// errors are what Vault says in "errors"; nil: the body has no such list.
func (answer response) errors() []string {
	var body struct {
		Errors []string `json:"errors"`
	}
	if json.Unmarshal(answer.body, &body) != nil {
		return nil
	}
	return body.Errors
}

// isMissingSecret: whether a 404 is about the secret alone. Then Vault names no error. A mount that is not there is named.
func (answer response) isMissingSecret() bool {
	var body map[string]json.RawMessage
	if answer.status != 404 || json.Unmarshal(answer.body, &body) != nil {
		return false
	}
	isDeleted := body["data"] != nil
	return isDeleted || string(bytes.TrimSpace(body["errors"])) == "[]"
}

// refused is for an answer that is not the hoped-for one. Vault's "errors" are repeated; the rest of a body never is.
func (answer response) refused(where place) *outcome {
	code, advice := C.kt_outcome(C.KT_RETRYABLE), "a fault of the service"
	switch status := answer.status; {
	case status == 401 || status == 403:
		code, advice = C.KT_UNAUTHORIZED, "the token must be allowed to read, create, update and patch this path"
	case status == 404:
		code, advice = C.KT_NOT_FOUND, "check mount, and that it is a key-value store of version 2"
	case status == 409 || status == 412:
		code, advice = C.KT_CONFLICT, "someone else writes this secret; run keyturn retry"
	case status == 429:
		code, advice = C.KT_RATE_LIMITED, "rate limit"
	case status >= 300 && status < 500:
		code, advice = C.KT_INVALID_CONFIG, "check endpoint, mount and path"
	case status >= 200 && status < 300:
		advice = "the answer is not understood, so it is not taken as a yes"
	}
	said := ""
	if errors := answer.errors(); len(errors) > 0 {
		said = fmt.Sprintf(" (%.200s)", errors[0])
	}
	failed := failure(code, fmt.Sprintf("Vault: %s: %d%s: %s", where.Path, answer.status, said, advice))
	if seconds, err := strconv.ParseUint(answer.headers["retry-after"], 10, 32); code == C.KT_RATE_LIMITED && err == nil {
		failed.retryAfterMS = int64(seconds) * 1000
		if failed.retryAfterMS > C.KT_MAX_RETRY_AFTER_MS {
			failed.retryAfterMS = C.KT_MAX_RETRY_AFTER_MS
		}
	}
	return failed
}

// encoded percent-encodes a path's segments; one of dots would be a step up.
func encoded(path string) string {
	segments := strings.Split(path, "/")
	for index, segment := range segments {
		isDots := segment == "." || segment == ".."
		var text strings.Builder
		for _, character := range []byte(segment) {
			isPlain := character == '.' && !isDots || strings.IndexByte("-_~", character) >= 0 ||
				'0' <= character && character <= '9' || 'a' <= character|0x20 && character|0x20 <= 'z'
			if isPlain {
				text.WriteByte(character)
			} else {
				fmt.Fprintf(&text, "%%%02X", character)
			}
		}
		segments[index] = text.String()
	}
	return strings.Join(segments, "/")
}

// appendQuoted appends a JSON string.
func appendQuoted(to, text []byte) []byte {
	to = append(to, '"')
	for _, character := range text {
		if character < 0x20 {
			to = append(to, fmt.Sprintf("\\u%04X", character)...)
			continue
		}
		if character == '"' || character == '\\' {
			to = append(to, '\\')
		}
		to = append(to, character)
	}
	return append(to, '"')
}

// unquoted gives the text of a JSON string that has been parsed already, as bytes, which can be wiped; false: it is not a string.
func unquoted(value json.RawMessage) ([]byte, bool) {
	if len(value) < 2 || value[0] != '"' {
		return nil, false
	}
	text := make([]byte, 0, len(value))
	inner := value[1 : len(value)-1]
	for index := 0; index < len(inner); index++ {
		if inner[index] != '\\' {
			text = append(text, inner[index])
			continue
		}
		index++
		if place := strings.IndexByte(`"\/bfnrt`, inner[index]); place >= 0 {
			text = append(text, "\"\\/\b\f\n\r\t"[place])
			continue
		}
		code, err := strconv.ParseUint(string(inner[index+1:index+5]), 16, 16)
		// Characters beyond the basic plane come as two; in a key or a token there are none.
		if err != nil || code >= 0xD800 && code < 0xE000 {
			return nil, false
		}
		text = utf8.AppendRune(text, rune(code))
		index += 4
	}
	return text, true
}
