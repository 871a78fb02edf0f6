internal import CKeyturnPusher
internal import JSON

/// Made-up input: something good, with something wrong in it.
enum Mutation {
    private static let oddValues: [JSONValue] = [
        .null, .bool(false), .integer(-1), .integer(.max), .integer(.min), .number(1e300), .string(""), .array([]),
        .object([:]),
        .string(String(repeating: "a", count: 5_000)), .string("\u{0}\u{1}\u{7F}"), .string("🔑\u{301}\u{202E}"),
        .string("https://[::1]:99999/../%"), .string("\\\"\r\n"),
    ]

    /// A text that is JSON or nearly so.
    static func json(_ good: JSONValue, _ random: inout Random) -> [UInt8] {
        var value = good
        for _ in 0..<(1 + random.below(3)) { value = change(value, &random) }
        var bytes = Array(value.text.utf8)
        if random.chance(40) { bytes = spoil(bytes, &random) }
        return bytes
    }

    /// An answer with another status, other headers, or a body that is wrong somewhere.
    static func answer(_ good: Answer, _ random: inout Random) -> Answer {
        var answer = good
        guard random.chance(80) else { return answer }
        switch random.below(6) {
        case 0:
            answer.status = UInt32(
                random.pick([0, 100, 199, 204, 206, 299, 304, 400, 418, 451, 500, 599, 999, 4_294_967_295]))
        case 1: return Answer(error: Int32(random.below(12)) - 1, errorText: random.pick(["", "why", "\u{0}\n"]))
        case 2: answer.body = JSONValue(parsing: answer.body).map { json($0, &random) } ?? answer.body
        case 3: answer.body = spoil(answer.body, &random)
        case 4: answer.body = (0..<random.below(300)).map { _ in UInt8(random.below(256)) }
        default:
            answer.headers += [
                (
                    random.pick(["retry-after", "date", "link", "x-next-page", "content-type", "location", ""]),
                    random.pick(["-1", "99999999999999999999", "Sun, 32 Foo 2026", "", "\u{FFFD}", "2", "<>; rel=next"])
                )
            ]
        }
        return answer
    }

    private static func change(_ value: JSONValue, _ random: inout Random) -> JSONValue {
        switch value {
        case .object(let members) where !members.isEmpty:
            var members = members
            let name = random.pick(members.keys.sorted())
            switch random.below(4) {
            case 0: members[name] = nil
            case 1: members[random.pick(["", name + "x", "\u{0}", "__proto__"])] = random.pick(oddValues)
            case 2: members[name] = random.pick(oddValues)
            default: members[name] = members[name].map { change($0, &random) }
            }
            return .object(members)
        case .array(let elements) where !elements.isEmpty:
            var elements = elements
            let index = random.below(elements.count)
            elements[index] = random.chance(50) ? random.pick(oddValues) : change(elements[index], &random)
            return .array(elements)
        default: return random.pick(oddValues)
        }
    }

    private static func spoil(_ bytes: [UInt8], _ random: inout Random) -> [UInt8] {
        var bytes = bytes
        guard !bytes.isEmpty else { return [UInt8(random.below(256))] }
        switch random.below(4) {
        case 0: bytes.removeLast(1 + random.below(bytes.count))
        case 1: bytes[random.below(bytes.count)] = UInt8(random.below(256))
        case 2: bytes.insert(UInt8(random.below(256)), at: random.below(bytes.count))
        default: bytes += bytes
        }
        return bytes
    }
}
