package main

// #include <stdlib.h>
// #include "table.h"
import "C"

import (
	"strings"
	"unsafe"
)

// services are what the host offers and this pusher needs. They are valid as long as the library is loaded.
type services struct {
	http   *C.kt_http
	secret *C.kt_secret
}

func findServices(host *C.kt_host) (services, bool) {
	find := func(id string) unsafe.Pointer {
		name := C.CString(id)
		defer C.free(unsafe.Pointer(name))
		return C.find_service(host, name)
	}
	found := services{(*C.kt_http)(find("kt.http/1")), (*C.kt_secret)(find("kt.secret/1"))}
	return found, found.http != nil && found.secret != nil
}

// lent gives bytes that the host lends, without a copy: they are valid until the call returns.
func lent(text C.kt_string) []byte {
	if text.data == nil || text.length == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(text.data)), int(text.length))
}

// wipe overwrites what held a secret. Go's collector does not move memory, so there is no other copy.
func wipe(bytes []byte) {
	for index := range bytes {
		bytes[index] = 0
	}
}

// arena is memory of the host's for what C is to read: C may not be handed Go memory that points to Go memory. It is wiped when
// it is released.
type arena struct {
	secret *C.kt_secret
	memory []byte
	used   int
}

func (with services) newArena(size int) (*arena, bool) {
	memory := C.take_secret(with.secret, C.uint64_t(size))
	if memory == nil {
		return nil, false
	}
	return &arena{secret: with.secret, memory: unsafe.Slice((*byte)(memory), size)}, true
}

func (arena *arena) release() {
	C.release_secret(arena.secret, unsafe.Pointer(&arena.memory[0]), C.uint64_t(len(arena.memory)))
}

// take gives room for a C struct or text. Whoever makes the arena knows how much is needed; the runtime stops what is too much.
func (arena *arena) take(size int) unsafe.Pointer {
	at := (arena.used + 7) / 8 * 8
	arena.used = at + size
	return unsafe.Pointer(&arena.memory[at : at+size+1][0])
}

func (arena *arena) text(bytes []byte) C.kt_string {
	if len(bytes) == 0 {
		return C.kt_string{}
	}
	memory := arena.take(len(bytes))
	copy(unsafe.Slice((*byte)(memory), len(bytes)), bytes)
	return C.kt_string{data: (*C.char)(memory), length: C.uint64_t(len(bytes))}
}

type header struct {
	name  string
	value []byte
}

// response is a copy of what the host answered, but for the body, which is lent.
type response struct {
	failure   C.kt_http_error
	errorText string
	status    int
	headers   map[string]string
	body      []byte
}

// send makes one request. The body is wiped by whoever made it.
func (with services) send(call *C.kt_call, method, url string, headers []header, body []byte) (response, bool) {
	size := 1024 + len(method) + len(url) + len(body)
	for _, field := range headers {
		size += len(field.name) + len(field.value) + 64
	}
	arena, ok := with.newArena(size)
	if !ok {
		return response{}, false
	}
	defer arena.release()
	fields := unsafe.Slice((*C.kt_header)(arena.take(len(headers)*C.sizeof_kt_header)), len(headers))
	for index, field := range headers {
		fields[index] = C.kt_header{name: arena.text([]byte(field.name)), value: arena.text(field.value)}
	}
	request := (*C.kt_http_request)(arena.take(C.sizeof_kt_http_request))
	lentBody := arena.text(body)
	*request = C.kt_http_request{
		size: C.sizeof_kt_http_request, method: arena.text([]byte(method)), url: arena.text([]byte(url)),
		headers: &fields[0], header_count: C.uint64_t(len(headers)),
		body: C.kt_bytes{data: (*C.uint8_t)(unsafe.Pointer(lentBody.data)), length: lentBody.length},
	}
	return copied(C.send_request(with.http, call, request)), true
}

func copied(answer *C.kt_http_response) response {
	headers := map[string]string{}
	if answer.headers != nil {
		for _, field := range unsafe.Slice(answer.headers, int(answer.header_count)) {
			headers[string(lent(field.name))] = string(lent(field.value))
		}
	}
	body := C.kt_string{data: (*C.char)(unsafe.Pointer(answer.body.data)), length: answer.body.length}
	return response{
		failure: answer.error, errorText: string(lent(answer.error_text)), status: int(answer.status),
		headers: headers, body: lent(body),
	}
}

// outcome is how a call ends: the number, and what the operator reads.
type outcome struct {
	code         C.kt_outcome
	evidence     C.kt_evidence
	retryAfterMS int64 // 0: not given
	message      string
	keyID        string
}

func failure(code C.kt_outcome, message string) *outcome {
	return &outcome{code: code, message: message}
}

// Messages are one line, of bounded length.
const messageLimit = 500

func (result *outcome) report(call *C.kt_call) C.kt_outcome {
	line := strings.Map(func(character rune) rune {
		if character < ' ' {
			return ' '
		}
		return character
	}, result.message)
	if len(line) > messageLimit {
		line = strings.ToValidUTF8(line[:messageLimit], "")
	}
	memory := C.calloc(1, C.size_t(C.sizeof_kt_report+len(line)+len(result.keyID)+64))
	if memory == nil {
		return C.KT_INTERNAL
	}
	defer C.free(memory)
	arena := arena{memory: unsafe.Slice((*byte)(memory), C.sizeof_kt_report+len(line)+len(result.keyID)+64)}
	report := (*C.kt_report)(arena.take(C.sizeof_kt_report))
	*report = C.kt_report{
		size: C.sizeof_kt_report, evidence: result.evidence, retry_after_ms: C.int64_t(result.retryAfterMS),
		message: arena.text([]byte(line)), key_id: arena.text([]byte(result.keyID)),
	}
	C.report_outcome(call, report)
	return result.code
}
