internal import JSON
internal import Rotation

/// Reads a mapping field by field; what is left over is an error with the nearest known name.
struct MappingReader {
    let file: String
    let line: Int
    /// For error texts: `users.cicd-bot`.
    let place: String
    private let members: [Field.Member]
    /// Names that were asked for. A list: there are few, and it is looked at for names that the file has, not for each question.
    private var known: [String] = []

    init(_ field: Field, _ place: String, _ file: String) throws(ConfigurationError) {
        self.file = file
        self.place = place
        line = field.line
        switch field.value {
        case .mapping(let members): self.members = members
        case .scalar(.null): members = []
        default:
            let subject = place.isEmpty ? "the file" : "`\(place)`"
            let glued = field.json.string.flatMap(YAMLMistake.gluedName).map {
                "; `\($0):` needs a space after its colon"
            }
            throw ConfigurationError(
                file: file, line: field.line, "\(subject) must be a mapping of names to values\(glued ?? "")")
        }
    }

    /// Every name with its value.
    var all: [Field.Member] { members }

    /// The line of every name.
    ///
    /// - Parameter account: the value of `aws`, whose lines are those of `aws.region` and the like.
    func lines(withAccount account: Field?) -> [String: Int] {
        var lines = Dictionary(members.map { ($0.name, $0.line) }) { first, _ in first }
        for (name, line) in account?.lines ?? [:] { lines["aws.\(name)"] = line }
        return lines
    }

    func path(_ name: String) -> String { place.isEmpty ? name : "\(place).\(name)" }

    func error(_ name: String, _ message: String) -> ConfigurationError {
        let line = members.first { $0.name == name }?.line ?? line
        var error = ConfigurationError(file: file, line: line, "`\(path(name))` \(message)")
        if hasDefaults, name != "targets" { error.remedy = .leaveOut(name) }
        return error
    }

    /// Whether each value here may be left out: other values do not depend on it. A user's targets do on theirs.
    private var hasDefaults: Bool {
        ["aws", "defaults"].contains(place)
            || place.hasPrefix("users.") && !place.contains(".targets[") && !place.hasSuffix("]")
                && !place.hasSuffix(".after-rotation")
    }

    /// A field that is needed and not there: the misspelled one, where there is one.
    ///
    /// - Parameter line: of the mapping, where it does not begin at its own first line.
    func missing(_ name: String, _ message: String, at line: Int? = nil) -> ConfigurationError {
        let meant = members.first { !known.contains($0.name) && Spelling.nearest(to: $0.name, among: [name]) != nil }
        guard let meant else {
            return ConfigurationError(file: file, line: line ?? self.line, "`\(path(name))` \(message)")
        }
        return unknown(meant)
    }

    mutating func field(_ name: String) -> Field? {
        known.append(name)
        return members.first { $0.name == name }?.field
    }

    mutating func string(_ name: String) throws(ConfigurationError) -> String? {
        guard let field = field(name) else { return nil }
        guard case .scalar(.string(let text)) = field.value, !text.isEmpty else { throw error(name, "must be a text") }
        return text
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int? {
        guard let field = field(name) else { return nil }
        guard case .scalar(.integer(let number)) = field.value, range.contains(Int(clamping: number)) else {
            let isOne = range.lowerBound == range.upperBound
            throw error(
                name,
                isOne
                    ? "must be \(range.lowerBound)"
                    : "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return Int(number)
    }

    mutating func flag(_ name: String) throws(ConfigurationError) -> Bool? {
        guard let field = field(name) else { return nil }
        guard case .scalar(.bool(let flag)) = field.value else { throw error(name, "must be true or false") }
        return flag
    }

    /// - Parameter allowsZero: whether `0s` means something, such as never.
    mutating func duration(_ name: String, allowsZero: Bool = false) throws(ConfigurationError) -> Duration? {
        guard let field = field(name) else { return nil }
        if allowsZero, case .scalar(let scalar) = field.value, scalar.string == "0s" { return .zero }
        guard case .scalar(let scalar) = field.value, let text = scalar.string, let duration = DurationText.parse(text)
        else { throw error(name, "must be a duration from one second up, such as 90s, 30m, 12h or 7d") }
        return duration
    }

    /// `10%`
    mutating func percentage(_ name: String, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int? {
        guard let field = field(name) else { return nil }
        guard case .scalar(let scalar) = field.value, let text = scalar.string, text.last == "%",
            let number = Int(text.dropLast()), range.contains(number)
        else { throw error(name, "must be from \(range.lowerBound)% to \(range.upperBound)%, such as 10%") }
        return number
    }

    mutating func strings(_ name: String) throws(ConfigurationError) -> [String]? {
        guard let field = field(name) else { return nil }
        guard case .list(let fields) = field.value else { throw error(name, "must be a list") }
        guard let texts = field.json.strings, texts.count == fields.count else {
            throw error(name, "must be a list of texts")
        }
        return texts
    }

    /// Throws if the file has a name here that no one asked for.
    func end() throws(ConfigurationError) {
        let strangers = members.filter { !known.contains($0.name) }.map { member in
            var error = unknown(member)
            // All that is needed is there: what is meant may not go with it.
            if !hasDefaults, !place.isEmpty { error.remedy = .leaveOut(member.name) }
            return error
        }
        if let first = strangers.first { throw ConfigurationError(first, and: strangers.dropFirst()) }
    }

    private func unknown(_ stranger: Field.Member) -> ConfigurationError {
        if let name = YAMLMistake.gluedName(stranger.name) {
            return ConfigurationError(
                file: file, line: stranger.line, "`\(path(name)):` needs a space after its colon")
        }
        var error = ConfigurationError(
            file: file, line: stranger.line, Spelling.unknown(stranger.name, among: Set(known), in: place))
        error.remedy = .init(ofUnknown: stranger.name, among: known)
        return error
    }
}
