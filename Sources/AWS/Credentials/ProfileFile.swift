internal import FoundationEssentials
internal import Secrets

/// One of the shared files: sections with settings.
struct ProfileFile {
    /// A setting's value and where it is.
    struct Value {
        var text: String
        var line: Int
    }

    /// The file's path, for messages.
    let path: String
    private var sections: [(name: String, settings: [String: Value])] = []

    init(path: String) { self.path = path }

    /// - Throws: where AWS's tools do not read the file either.
    init(path: String, _ bytes: [UInt8]) throws(AWSError) {
        self.path = path
        let text: SharedFileText
        do throws(SharedFileText.Mistake) { text = try SharedFileText(bytes) } catch {
            throw AWSError(.denied, "\(path):\(error.line): \(error.words)")
        }
        var values: [String: [String: Value]] = [:]
        for setting in text.settings {
            let value = setting.parts.map { String(decoding: bytes[$0], as: UTF8.self) }.joined(separator: "\n")
            values[setting.section, default: [:]][setting.name] = Value(text: value.trimmedAtEnd, line: setting.line)
        }
        for name in text.sections {
            let settings = values[SharedFileText.defaults, default: [:]].merging(values[name, default: [:]]) { $1 }
            for (setting, value) in settings { try checkNested(setting, value) }
            sections.append((name, settings))
        }
    }

    /// A setting with nothing on its own line has settings of its own below it, `name = value` each.
    private func checkNested(_ name: String, _ value: Value) throws(AWSError) {
        guard value.text.first == "\n" else { return }
        for line in value.text.split(separator: "\n") where !line.trimmed.isEmpty && !line.contains("=") {
            throw AWSError(
                .denied, "\(path):\(value.line): \(name) has a line below it that is not a setting (name = value)")
        }
    }

    func section(_ name: String) -> [String: Value]? { sections.first { $0.name == name }?.settings }

    /// The sections of a kind, by their names: `[profile NAME]`, `[services NAME]`. Names are split as a shell does; of two
    /// that come to the same, the last one counts. `[default]` is a profile, too.
    func sections(of kind: String) -> [String: [String: Value]] {
        var found: [String: [String: Value]] = [:]
        for (header, settings) in sections {
            if header.hasPrefix(kind) {
                guard let words = CommandWords.split(header), words.count == 2 else { continue }
                found[words[1]] = settings
            } else if kind == "profile", header == "default" {
                found[header] = settings
            }
        }
        return found
    }
}

extension StringProtocol {
    var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }

    var trimmedAtEnd: String { String(reversed().drop { $0.isWhitespace }.reversed()) }
}
