internal import CKeyturnPusher

/// Texts for people, and what is written to the service, hide nothing.
enum TextChecks {
    static let all = [
        ConformanceCheck(
            "plain-texts",
            "Reports, log lines and requests have no control characters, nor any that are invisible or turn the direction of writing."
        ) {
            bench throws(Stop) in
            let instance = try bench.open()
            let target = try bench.target()
            for fault in [nil, Fault.serverError, .forbidden, .status(404, []), .status(429, []), .lost, .garbage] {
                bench.doing("calls, with every request answered: \(fault?.name ?? "well")")
                let world = World(bench.subject.rules, fault: fault)
                judge(bench, "push", instance.push(KeyPair(), to: target, world))
                judge(bench, "check", instance.check(target, world))
                if let ending = instance.inspect(target, world) { judge(bench, "inspect", ending) }
                if let ending = instance.find(target, world) { judge(bench, "find", ending) }
            }
            bench.doing("close")
            instance.close()
            for line in instance.host.logs { judge(bench, "a log line", line) }
        }
    ]

    private static func judge(_ bench: Bench, _ what: String, _ ending: Ending) {
        if let report = ending.report {
            judge(bench, "kt_report.message of \(what)", report.message)
            judge(bench, "kt_report.key_id of \(what)", report.keyID)
            judge(bench, "kt_report.changed_at of \(what)", report.changedAt)
        }
        for place in ending.places {
            judge(bench, "kt_found_place.place", place.place)
            judge(bench, "kt_found_place.fields", place.fields)
        }
        for request in ending.requests {
            for header in request.headers {
                judge(bench, "the header field \(quoted(header.name)) of \(what)", header.value)
            }
            // What is not text is none of this check's.
            guard let text = String(validating: request.body, as: UTF8.self), !text.contains(where: isControl) else {
                continue
            }
            judge(bench, "the body of a \(request.method) of \(what)", text)
        }
    }

    private static func judge(_ bench: Bench, _ what: String, _ text: String) {
        // A line break is reported by other checks, as a warning.
        guard let found = text.unicodeScalars.first(where: { isHidden($0) && $0 != "\n" }) else { return }
        let number = String(found.value, radix: 16, uppercase: true)
        bench.fail("\(what) has the character U+\(String(repeating: "0", count: max(0, 4 - number.count)))\(number)")
    }

    private static func isControl(_ character: Character) -> Bool {
        character.unicodeScalars.contains { $0.value < 0x20 && !"\t\r\n".unicodeScalars.contains($0) }
    }

    /// What is not seen where it is, or moves what is next to it.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control: scalar != "\t"
        case .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate: true
        default: scalar.properties.isDefaultIgnorableCodePoint
        }
    }
}
