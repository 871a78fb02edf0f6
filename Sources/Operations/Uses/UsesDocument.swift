/// `keyturn uses --json`: who used a key.
package struct UsesDocument: Encodable, Sendable {
    /// Uses by the same program from the same address of the same service.
    package struct Group: Encodable, Sendable {
        package var agent: String
        /// What program that is; nil: it is not one that keyturn knows.
        package var program: String?
        package var address: String
        /// Whose address it is; nil: no range that was given holds it.
        package var network: String?
        package var service: String
        package var operations: [String]
        package var regions: [String]
        package var count: Int
        /// Of these, how many AWS refused.
        package var refused: Int
        package var first: String
        package var last: String

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(agent, forKey: .agent)
            try container.encode(program, forKey: .program)
            try container.encode(address, forKey: .address)
            try container.encode(network, forKey: .network)
            try container.encode(service, forKey: .service)
            try container.encode(operations, forKey: .operations)
            try container.encode(regions, forKey: .regions)
            try container.encode(count, forKey: .count)
            try container.encode(refused, forKey: .refused)
            try container.encode(first, forKey: .first)
            try container.encode(last, forKey: .last)
        }

        private enum CodingKeys: CodingKey {
            case agent, program, address, network, service, operations, regions, count, refused, first, last
        }
    }

    /// A place that was looked through.
    package struct Source: Encodable, Sendable {
        /// A region, or a directory.
        package var name: String
        package var records: Int
        /// Whether there were more than keyturn reads.
        package var hasMore: Bool
        /// Why it was not read, or not to its end.
        package var problems: [String]

        private enum CodingKeys: String, CodingKey {
            case name, records, problems
            case hasMore = "has-more"
        }
    }

    package var user: String
    package var key: String
    package var since: String
    package var until: String
    /// What IAM says; nil: never, or it was not asked.
    package var lastUsed: StatusDocument.LastUsed?
    package var sources: [Source]
    package var uses: [Group]

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(user, forKey: .user)
        try container.encode(key, forKey: .key)
        try container.encode(since, forKey: .since)
        try container.encode(until, forKey: .until)
        try container.encode(lastUsed, forKey: .lastUsed)
        try container.encode(sources, forKey: .sources)
        try container.encode(uses, forKey: .uses)
    }

    private enum CodingKeys: String, CodingKey {
        case user, key, since, until, sources, uses
        case lastUsed = "last-used"
    }
}
