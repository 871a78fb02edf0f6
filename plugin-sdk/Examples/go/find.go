package main

// #include "table.h"
import "C"

import (
	"encoding/json"
	"regexp"
	"sort"
	"strings"
)

// A call may make 256 requests, and each secret takes one.
const mostSecrets = 200

const keyIDName, secretName = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"

var keyID = regexp.MustCompile("^AKIA[A-Z0-9]{16}$")

// isOver: whether no further request helps, so that the call is to end.
func (result *outcome) isOver() bool {
	return result.code == C.KT_RATE_LIMITED || result.code == C.KT_CANCELLED || result.code == C.KT_TIMED_OUT
}

// finder reports what a call of kt.find/1 finds. The host copies it.
type finder struct {
	*vault
	call  *C.kt_call
	found *C.kt_found
	// Where there was no memory for a report, the call fails: what is not listed is taken for not there.
	isShort bool
}

// lending gives memory for a struct and its texts until `use` returns.
func (finder *finder) lending(size int, texts []string, use func(*arena, []C.kt_string)) {
	for _, text := range texts {
		size += len(text) + 16
	}
	arena, ok := finder.newArena(size + 64)
	if !ok {
		finder.isShort = true
		return
	}
	defer arena.release()
	lent := make([]C.kt_string, len(texts))
	for index, text := range texts {
		lent[index] = arena.text([]byte(text))
	}
	use(arena, lent)
}

func (finder *finder) place(path string, fields map[string]string, names []string, id string) {
	object, _ := json.Marshal(fields)
	list, _ := json.Marshal(names)
	finder.lending(C.sizeof_kt_found_place, []string{path, string(object), string(list), id}, func(arena *arena, lent []C.kt_string) {
		place := (*C.kt_found_place)(arena.take(C.sizeof_kt_found_place))
		*place = C.kt_found_place{
			size: C.sizeof_kt_found_place, place: lent[0], fields: lent[1], names: lent[2], key_id: lent[3]}
		C.report_place(finder.found, finder.call, place)
	})
}

func (finder *finder) scope(path string) {
	finder.lending(C.sizeof_kt_scope, []string{path}, func(arena *arena, lent []C.kt_string) {
		scope := (*C.kt_scope)(arena.take(C.sizeof_kt_scope))
		*scope = C.kt_scope{size: C.sizeof_kt_scope, name: lent[0]}
		C.report_scope(finder.found, finder.call, scope)
	})
}

// gap reports a part that was not seen.
func (finder *finder) gap(part string, why *outcome) {
	finder.lending(C.sizeof_kt_found_gap, []string{part, why.message}, func(arena *arena, lent []C.kt_string) {
		gap := (*C.kt_found_gap)(arena.take(C.sizeof_kt_found_gap))
		*gap = C.kt_found_gap{size: C.sizeof_kt_found_gap, outcome: why.code, part: lent[0], message: lent[1]}
		C.report_gap(finder.found, finder.call, gap)
	})
}

// goBelow: what a path of the mount "secret" has: secrets, which are looked into, and paths, about which the host asks in a call
// of their own.
//
//export goBelow
func goBelow(instance C.uintptr_t, call *C.kt_call, scope *C.kt_scope, found *C.kt_found) C.kt_outcome {
	return perform(call, func() *outcome {
		finder := &finder{vault: opened(instance), call: call, found: found}
		path := string(lent(scope.name))
		names, failed := finder.list(call, place{Mount: "secret", Path: path})
		if failed != nil {
			return failed
		}
		secrets := 0
		for _, name := range names {
			if strings.HasSuffix(name, "/") {
				finder.scope(path + "/" + strings.TrimSuffix(name, "/"))
				continue
			}
			if secrets++; secrets > mostSecrets {
				continue
			}
			if failed := finder.look(path + "/" + name); failed != nil {
				if failed.isOver() {
					return failed
				}
				finder.gap("the secret "+path+"/"+name, failed)
			}
		}
		if secrets > mostSecrets {
			what := "Vault: " + path + ": a path of more than 200 secrets is not looked through to its end"
			finder.gap("the other secrets of "+path, failure(C.KT_UNSUPPORTED, what))
		}
		if finder.isShort {
			return failure(C.KT_INTERNAL, "Vault: "+path+": no memory for what was found")
		}
		return &outcome{code: C.KT_OK}
	})
}

// look looks into one secret. Of its values nothing but the key IDs in them is reported.
func (finder *finder) look(path string) *outcome {
	fields, failed := finder.fields(finder.call, place{Mount: "secret", Path: path})
	if failed != nil {
		return failed
	}
	_, hasSecret := fields[secretName]
	ids := map[string]string{}
	var order []string
	for name, value := range fields {
		if text, ok := unquoted(value); ok {
			if keyID.Match(text) {
				ids[name], order = string(text), append(order, name)
			}
			wipe(text)
		}
		wipe(value)
	}
	// The order of a map is not the same from run to run.
	sort.Strings(order)
	for _, name := range order {
		target, names := map[string]string{"path": path, "mount": "secret", "access-key-id": name}, []string{name}
		if hasSecret && name == keyIDName {
			target["secret-access-key"], names = secretName, append(names, secretName)
		}
		finder.place(path, target, names, ids[name])
	}
	if hasSecret && len(order) == 0 {
		target := map[string]string{"path": path, "mount": "secret", "secret-access-key": secretName}
		finder.place(path, target, []string{secretName}, "")
	}
	return nil
}
