internal import Configuration
internal import FoundationEssentials
internal import Journal

/// What `discover` found last, kept in the state: commands that ask no one know those users too, and so does work while a
/// discovery fails.
struct FoundUsers: Codable, Equatable {
    private static let document = "discovered"

    /// By the entry's identity: another entry's users are not this one's.
    var users: [String: [DiscoveredUser]] = [:]

    /// - Throws: where this is not what ``json`` made.
    private init(json: [UInt8]) throws { self = try JSONDecoder().decode(Self.self, from: Data(json)) }

    init() {}

    private var json: [UInt8] {
        do { return Array(try JSONEncoder().encode(self)) } catch {
            preconditionFailure("what is found is names and tags: \(error)")
        }
    }

    /// What the state holds.
    ///
    /// - Throws: ``OperationFailure`` where the state cannot be read, ``Unreadable`` where this part of it cannot.
    init(in journal: StoredJournal) async throws {
        let json: [UInt8]?
        do throws(JournalError) { json = try await journal.document(Self.document) } catch {
            throw OperationFailure(error)
        }
        guard let json else {
            self.init()
            return
        }
        do { try self.init(json: json) } catch { throw Unreadable() }
    }

    /// It was damaged, or written by another keyturn.
    struct Unreadable: Error {}

    /// Keeps these users in the state.
    ///
    /// - Parameter unasked: entries whose account could not be asked: of them stays what the state holds now, which may be newer than
    ///   what this process has recalled.
    func keep(in journal: StoredJournal, except unasked: Set<String>) async throws {
        do throws(JournalError) {
            try await journal.update(Self.document) { present in
                // What cannot be read is replaced.
                let present = present.flatMap { try? FoundUsers(json: $0) }
                var next = self
                for entry in unasked { next.users[entry] = present?.users[entry] }
                return next == present ? nil : next.json
            }
        } catch { throw OperationFailure(error) }
    }
}
