/// Mistakes of the configuration that are passed over, so that one reading finds those that come after them.
///
/// Reading ends at the first mistake. It is then begun again as if that had been corrected: a misspelled name becomes the one that was
/// most likely meant, a value that has a default is left out, and of what is wrong with a user otherwise the whole user is. Nothing of
/// this is used: a configuration with a mistake is refused.
public struct Corrections: Sendable {
    /// More mistakes than this are not looked for.
    private static let limit = 20

    private struct Correction: Hashable, Sendable {
        var file: String
        var line: Int
        /// nil: the user that is on that line is left out.
        var remedy: ConfigurationError.Remedy?
    }

    private var corrections: [Correction] = []

    /// None.
    public init() {}

    /// Reads, and where that fails reads on.
    ///
    /// - Throws: all that was found, in one error.
    public static func reading<Value>(
        _ read: (Corrections) throws(ConfigurationError) -> Value
    ) throws(ConfigurationError) -> Value {
        do { return try read(Corrections()) } catch { throw all(after: error, read) }
    }

    private static func all<Value>(
        after first: ConfigurationError, _ read: (Corrections) throws(ConfigurationError) -> Value
    ) -> ConfigurationError {
        var corrections = Corrections()
        var (found, canGoOn) = corrections.take(first)
        while canGoOn, found.count < limit {
            do throws(ConfigurationError) {
                _ = try read(corrections)
                canGoOn = false
            } catch {
                let (errors, isNew) = corrections.take(error)
                found += errors.filter { !found.contains($0) }
                canGoOn = isNew
            }
        }
        let sorted = found.prefix(limit).sorted { ($0.file, $0.line ?? 0) < ($1.file, $1.line ?? 0) }
        return sorted.first.map { ConfigurationError($0, and: sorted.dropFirst()) } ?? first
    }

    /// Takes up what is wrong.
    ///
    /// - Returns: the mistakes that are to be reported, and whether one of them can be passed over that could not before.
    private mutating func take(_ error: ConfigurationError) -> (errors: [ConfigurationError], isNew: Bool) {
        let leavesOut = corrections.contains { if case .rename = $0.remedy { false } else { true } }
        var errors = [error] + error.others
        for index in errors.indices { errors[index].others = [] }
        var isNew = false
        for error in errors {
            let correction = error.line.map { Correction(file: error.file, line: $0, remedy: error.remedy) }
            guard let correction, !corrections.contains(correction) else { continue }
            corrections.append(correction)
            isNew = true
        }
        return (errors.filter { !($0.isComparison && leavesOut) }, isNew)
    }

    /// The content of a file with its mistakes corrected.
    func applied(to root: Field, of file: String) -> Field {
        corrections.filter { $0.file == file }.reduce(root) { root, correction in
            correction.remedy.map { root.applying($0, on: correction.line) } ?? root.withoutUser(on: correction.line)
        }
    }
}

extension Field {
    /// - Parameter line: of the name.
    fileprivate func applying(_ remedy: ConfigurationError.Remedy, on line: Int) -> Field {
        var field = self
        switch value {
        case .scalar: break
        case .list(let fields): field.value = .list(fields.map { $0.applying(remedy, on: line) })
        case .mapping(let members):
            let corrected = members.compactMap { member -> Member? in
                var member = member
                member.field = member.field.applying(remedy, on: line)
                guard member.line == line else { return member }
                switch remedy {
                case .leaveOut(let name): return member.name == name ? nil : member
                case .rename(let name, to: let other):
                    guard member.name == name else { return member }
                    guard !names.contains(other) else { return nil }
                    member.name = other
                    return member
                }
            }
            field.value = .mapping(corrected)
        }
        return field
    }

    /// Without the users that a line belongs to; where it is none of `users`, all of it.
    fileprivate func withoutUser(on line: Int) -> Field {
        guard case .mapping(let members) = value, let index = members.firstIndex(where: { $0.name == "users" }),
            case .mapping(let users) = members[index].field.value,
            let begin = users.map(\.line).filter({ $0 <= line }).max(),
            !members.contains(where: { $0.line > begin && $0.line <= line })
        else { return self }
        var (field, others) = (self, members)
        others[index].field.value = .mapping(users.filter { $0.line != begin })
        field.value = .mapping(others)
        return field
    }
}
