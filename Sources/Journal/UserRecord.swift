internal import Rotation
internal import StateStore

/// What the store keeps as a user's record: the rotation without its deliveries, which are parts of their own, and the end of the
/// history.
struct UserRecord: Codable {
    /// nil: the user was forgotten, and only its history is left.
    var rotation: Rotation?
    var chain: ChainHead
    /// The store's epoch in which it was written; nil: the store has none.
    var epoch: String?
    /// The name of the seal key that vouches for the record, and that sealed the pair that is kept with it: one commit writes both. nil:
    /// it was written by a keyturn that knew one seal key only.
    var sealKey: String?

    /// A record.
    init(rotation: Rotation?, chain: ChainHead, epoch: String? = nil) {
        (self.rotation, self.chain, self.epoch) = (rotation, chain, epoch)
    }
}

/// The names of the parts of a record.
enum Part {
    /// The sealed pair that is being delivered.
    static let pair = "pair"
    private static let deliveryPrefix = "delivery "

    static func delivery(_ target: TargetName) -> String { deliveryPrefix + target.rawValue }

    /// nil: it is none of a delivery.
    static func target(_ name: String) -> TargetName? {
        name.hasPrefix(deliveryPrefix) ? TargetName(String(name.dropFirst(deliveryPrefix.count))) : nil
    }
}

extension StoredUser {
    /// Reads the record and its deliveries.
    ///
    /// - Throws: `corrupt`.
    func read() throws(JournalError) -> (record: UserRecord, json: [UInt8], code: String) {
        let (code, json) = Coding.split(self.record)
        var record = try Coding.read(UserRecord.self, json)
        for (name, content) in parts {
            guard let target = Part.target(name) else { continue }
            record.rotation?.deliveries[target] = try Coding.read(Delivery.self, content)
        }
        return (record, json, code)
    }
}
