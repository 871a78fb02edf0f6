internal import FoundationEssentials
internal import Journal
internal import Rotation

/// Which keys events have had revoked within the last hour: one for each user, so that whoever can send events cannot have keys made
/// without end. Kept in the state, since the next event may reach another process.
struct EventRevocations: Codable {
    private static let document = "event-revocations"
    static let interval: Duration = .seconds(3_600)

    fileprivate struct Entry: Codable {
        var key: String
        /// Milliseconds since 1970.
        var at: Int64
    }

    private var users: [String: Entry] = [:]

    /// Notes that an event has a key of a user revoked.
    ///
    /// The same key once more is not a second revocation: the event may come twice, and the first one may have been cut off before the order
    /// was given.
    ///
    /// - Returns: nil: it may be ordered. Else the key that an event had revoked within the hour.
    /// - Throws: ``OperationFailure``.
    static func note(
        _ key: AccessKeyID, of user: String, at now: Timestamp, in journal: StoredJournal
    ) async throws -> String? {
        var former: String?
        var isUnreadable = false
        do throws(JournalError) {
            try await journal.update(document) { present in
                (former, isUnreadable) = (nil, false)
                var noted = EventRevocations()
                if let present {
                    guard let read = try? JSONDecoder().decode(Self.self, from: Data(present)) else {
                        isUnreadable = true
                        return nil
                    }
                    noted = read
                }
                noted.users = noted.users.filter { $0.value.isWithin(interval, of: now) }
                if let entry = noted.users[user] {
                    if entry.key != key.rawValue { former = entry.key }
                    return nil
                }
                noted.users[user] = Entry(key: key.rawValue, at: now.milliseconds)
                return (try? JSONEncoder().encode(noted)).map { Array($0) }
            }
        } catch { throw OperationFailure(error) }
        if isUnreadable {
            throw OperationFailure(
                .failed,
                "the state's record of what events have revoked cannot be read, so no event may revoke \(key). Nothing was changed. "
                    + "`keyturn revoke \(key)` does it"
            )
        }
        return former
    }
}

extension EventRevocations.Entry {
    /// One of the future is of a clock that was wrong.
    fileprivate func isWithin(_ interval: Duration, of now: Timestamp) -> Bool {
        let age = now - Timestamp(milliseconds: at)
        return age >= .zero && age < interval
    }
}
