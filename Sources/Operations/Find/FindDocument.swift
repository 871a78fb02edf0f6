/// What `keyturn find` saw, as `--json` prints it and `keyturn import` reads it.
package struct FindDocument: Codable, Sendable {
    package var find: Body

    package struct Body: Codable, Sendable {
        /// The scopes that were named, or followed from the targets.
        package var scopes: [String]
        package var places: [Place]
        /// Parts that were not seen.
        package var unseen: [Unseen]
        /// Active keys that were used lately, and are in no place that can be read.
        package var unplaced: [Key]
        /// What logs claimed and was not believed; nil: no log was given.
        package var unproved: [Unproved]?
    }

    /// How it is known that a job is given the key, where a log proved it.
    package enum Evidence: String, Codable, Sendable {
        /// A job used it: STS accepted it.
        case used
        /// A job had it, and did not use it.
        case present
    }

    /// What a place is to keyturn.
    package enum Standing: String, Codable, Sendable, CaseIterable {
        /// A target of the configuration is this place.
        case managed
        /// It holds a key of a user, and no target is this place.
        case unmanaged
        /// The key that it holds is inactive or deleted.
        case dead
        /// The key that it holds is another account's, or IAM does not answer for it.
        case foreign
        /// Its value cannot be read: only the name speaks for a key.
        case byName = "by-name"
        /// It holds a key, and IAM could not be asked about it.
        case unknown
    }

    package struct Place: Codable, Sendable {
        package var pusher: String
        package var place: String
        package var standing: Standing
        /// The names of its variables.
        package var names: [String]
        /// The fields of a target that would be this place; empty: no target can be it.
        package var fields: [String: String]
        /// The target that is this place.
        package var target: String?
        /// The key ID that it holds.
        package var key: String?
        /// What a job proved of it; nil: nothing.
        package var evidence: Evidence?
        /// When that job ran.
        package var proved: String?
        /// The IAM user whose key it is; of a place whose value cannot be read, the user of the target.
        package var user: String?
        package var keyStatus: String?
        package var keyCreated: String?
        package var lastUsed: LastUsed?
        /// When the place was last written.
        package var written: String?
        package var audience: String?
        /// Why no job uses it.
        package var state: String?
        /// Places that win over this one.
        package var shadowedBy: [String]
        /// What else there is to say.
        package var note: String?

        private enum CodingKeys: String, CodingKey {
            case pusher, place, standing, names, fields, target, key, evidence, proved, user, written, audience, state,
                note
            case keyStatus = "key-status"
            case keyCreated = "key-created"
            case lastUsed = "last-used"
            case shadowedBy = "shadowed-by"
        }
    }

    package struct LastUsed: Codable, Sendable, Hashable {
        package var at: String
        package var service: String?
        package var region: String?
    }

    /// Why a part was not seen.
    package enum Reason: String, Codable, Sendable {
        case notPermitted = "not-permitted"
        case cannotBeAsked = "cannot-be-asked"
        case failed
    }

    package struct Unseen: Codable, Sendable {
        package var pusher: String
        package var part: String
        package var reason: Reason
        package var detail: String
    }

    /// A line of a log that proves nothing, and why.
    package struct Unproved: Codable, Sendable, Hashable {
        package var log: String
        package var line: Int
        package var detail: String
    }

    package struct Key: Codable, Sendable {
        package var key: String
        package var user: String
        package var created: String?
        package var lastUsed: LastUsed

        private enum CodingKeys: String, CodingKey {
            case key, user, created
            case lastUsed = "last-used"
        }
    }
}
