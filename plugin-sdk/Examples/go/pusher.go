// Writes key pairs into secrets of HashiCorp Vault or OpenBao (key-value store, version 2).
package main

// #include "table.h"
import "C"

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/cgo"
	"runtime/debug"
	"strings"
	"unsafe"
)

// A c-shared library needs it; it never runs.
func main() {}

// A pusher has little to do, and is one of many: it collects early rather than let its heap grow.
func init() { debug.SetGCPercent(20) }

// perform runs a call's work and reports how it ended. A panic stays on this side of the line: it must not unwind into C.
func perform(call *C.kt_call, work func() *outcome) (code C.kt_outcome) {
	defer func() {
		if fault := recover(); fault != nil {
			code = failure(C.KT_INTERNAL, "Vault: a fault in the pusher itself"+described(fault)).report(call)
		}
	}()
	return work().report(call)
}

// described gives a panic's place and text, from within the deferred function that recovers it. keyturn takes secrets out of it.
func described(fault any) string {
	callers := make([]uintptr, 32)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	hasPanicked := false
	for {
		frame, more := frames.Next()
		if hasPanicked && !strings.HasPrefix(frame.Function, "runtime.") {
			return fmt.Sprintf(" (%s:%d): %v", filepath.Base(frame.File), frame.Line, fault)
		}
		hasPanicked = hasPanicked || frame.Function == "runtime.gopanic"
		if !more {
			return fmt.Sprintf(": %v", fault)
		}
	}
}

// isVisible: nothing that could end a header field or a URL.
func isVisible(text []byte, excluded string) bool {
	for _, character := range text {
		if character <= 0x20 || character >= 0x7F || strings.IndexByte(excluded, character) >= 0 {
			return false
		}
	}
	return true
}

//export goOpen
func goOpen(host *C.kt_host, call *C.kt_call, configuration C.kt_string, instance *unsafe.Pointer) C.kt_outcome {
	return perform(call, func() *outcome {
		with, ok := findServices(host)
		if !ok {
			return failure(C.KT_UNSUPPORTED, "Vault: this pusher needs kt.http/1 and kt.secret/1")
		}
		vault, wrong := newVault(with, lent(configuration))
		if wrong != "" {
			return failure(C.KT_INVALID_CONFIG, "Vault: configuration: "+wrong)
		}
		C.keep_handle(instance, C.uintptr_t(cgo.NewHandle(vault)))
		return &outcome{code: C.KT_OK}
	})
}

func newVault(with services, configuration []byte) (*vault, string) {
	// The token stays bytes, which can be wiped; text of Go's cannot.
	var fields struct {
		Token    json.RawMessage `json:"token"`
		Endpoint string          `json:"endpoint"`
	}
	err := json.Unmarshal(configuration, &fields)
	defer wipe(fields.Token)
	if err != nil {
		return nil, "it is not a JSON object with the fields of the manifest"
	}
	token, ok := unquoted(fields.Token)
	if !ok || len(token) == 0 || len(token) > 4096 || !isVisible(token, "") {
		wipe(token)
		return nil, "token is missing, or has blanks or line ends in it"
	}
	endpoint := fields.Endpoint
	isURL := strings.HasPrefix(endpoint, "https://") || strings.HasPrefix(endpoint, "http://")
	if !isURL || len(endpoint) > 1024 || !isVisible([]byte(endpoint), "?#@\\\"<>^`{|}") {
		wipe(token)
		return nil, "endpoint is missing, or not a base URL such as https://vault.example.com:8200"
	}
	return &vault{services: with, token: token, endpoint: strings.TrimRight(endpoint, "/")}, ""
}

//export goClose
func goClose(instance C.uintptr_t) {
	// A panic here has no one to report to, and must not unwind into C.
	defer func() { _ = recover() }()
	handle := cgo.Handle(instance)
	wipe(handle.Value().(*vault).token)
	handle.Delete()
}

// opened is what goOpen made.
func opened(instance C.uintptr_t) *vault { return cgo.Handle(instance).Value().(*vault) }

// at carries out a call on a target.
func at(instance C.uintptr_t, call *C.kt_call, target *C.kt_target, work func(*vault, place) *outcome) C.kt_outcome {
	return perform(call, func() *outcome {
		where, ok := readPlace(lent(target.fields))
		if !ok {
			return failure(C.KT_INVALID_CONFIG, "Vault: the target's fields are incomplete or too long")
		}
		return work(opened(instance), where)
	})
}

//export goCheck
func goCheck(instance C.uintptr_t, call *C.kt_call, target *C.kt_target) C.kt_outcome {
	return at(instance, call, target, func(vault *vault, where place) *outcome {
		found, failed := vault.read(call, where)
		if failed != nil {
			return failed
		}
		defer found.wipe()
		if !found.exists {
			return where.success(C.KT_OK, C.KT_EVIDENCE_NONE, "there is no such secret yet; it will be created")
		}
		what := "the token reads the secret; whether it may write shows at the first push"
		return where.success(C.KT_OK, C.KT_EVIDENCE_NONE, what)
	})
}

//export goPush
func goPush(instance C.uintptr_t, call *C.kt_call, target *C.kt_target, pair *C.kt_key_pair) C.kt_outcome {
	return at(instance, call, target, func(vault *vault, where place) *outcome {
		id, secret := lent(pair.access_key_id), lent(pair.secret_access_key)
		if len(id) == 0 || len(secret) == 0 {
			return failure(C.KT_INTERNAL, "Vault: the host gave no key pair")
		}
		old, failed := vault.read(call, where)
		if failed != nil {
			return failed
		}
		defer old.wipe()
		if old.holds(id, secret) {
			return where.success(C.KT_UNCHANGED, C.KT_EVIDENCE_READ_BACK, "holds this pair already")
		}
		// Both fields in one request: whoever reads the secret never sees half a pair.
		if failed := vault.write(call, where, old.exists, id, secret); failed != nil {
			return failed
		}
		found, failed := vault.read(call, where)
		if failed != nil {
			return failed
		}
		defer found.wipe()
		if !found.holds(id, secret) {
			what := "written, but another pair was read back: it is not taken as a yes"
			return failure(C.KT_RETRYABLE, "Vault: "+where.Path+": "+what)
		}
		return where.success(C.KT_OK, C.KT_EVIDENCE_READ_BACK, "written and read back")
	})
}

//export goInspect
func goInspect(instance C.uintptr_t, call *C.kt_call, target *C.kt_target) C.kt_outcome {
	return at(instance, call, target, func(vault *vault, where place) *outcome {
		found, failed := vault.read(call, where)
		if failed != nil {
			return failed
		}
		defer found.wipe()
		if len(found.accessKeyID) == 0 {
			return failure(C.KT_NOT_FOUND, "Vault: "+where.Path+": holds no key ID")
		}
		result := where.success(C.KT_OK, C.KT_EVIDENCE_NONE, "the key ID was read")
		result.keyID = string(found.accessKeyID)
		return result
	})
}
