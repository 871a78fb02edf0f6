public import Rotation

/// An IAM user of an account.
public struct IAMUser: Hashable, Sendable {
    /// The user name.
    public var name: String
    /// The tags; empty where they were not asked for.
    public var tags: [String: String]
}

/// Whose a key is, and when it was last used.
public struct KeyUse: Hashable, Sendable {
    /// The IAM user name.
    public var user: String
    /// The last use; nil: none.
    public var last: LastUse?
}

extension IAM {
    /// Users whose tags are asked for at once.
    private static let usersAtOnce = 8

    /// GetAccessKeyLastUsed: the name of the user that a key belongs to; nil where the account has no such key.
    ///
    /// - Throws: ``AWSError``, `denied` also where AWS answers so for a key of another account.
    public func userName(owning id: AccessKeyID) async throws(AWSError) -> String? { try await use(of: id)?.user }

    /// GetAccessKeyLastUsed: the user that a key belongs to, and its last use; nil where the account has no such key.
    ///
    /// - Throws: ``AWSError``, `denied` also where AWS answers so for a key of another account.
    public func use(of id: AccessKeyID) async throws(AWSError) -> KeyUse? {
        do throws(AWSError) {
            let reply = try await client.call(.iam, "GetAccessKeyLastUsed", [("AccessKeyId", id.rawValue)])
            guard let result = reply.child("GetAccessKeyLastUsedResult") else {
                throw AWSError(.refused, "GetAccessKeyLastUsed: the answer names no user")
            }
            return KeyUse(user: try Self.userName(of: result), last: try lastUse(in: reply))
        } catch {
            guard error.code == .noSuchEntity else { throw error }
            return nil
        }
    }

    /// The users of the account.
    ///
    /// - Parameters:
    ///   - path: only those whose path begins so, with slashes at both ends.
    ///   - withTags: whether their tags are read too, which is a request for each.
    public func users(under path: String?, withTags: Bool) async throws(AWSError) -> [IAMUser] {
        let parameters = path.map { [("PathPrefix", $0)] } ?? []
        let names = try await pages("ListUsers", parameters, list: "Users") { member throws(AWSError) in
            try Self.userName(of: member)
        }
        guard withTags else { return names.map { IAMUser(name: $0, tags: [:]) } }
        let result = await withTaskGroup(of: Result<IAMUser?, AWSError>.self) { group in
            var waiting = names.makeIterator()
            func startNext() {
                guard let name = waiting.next() else { return }
                group.addTask { await self.user(withTagsOf: name) }
            }
            for _ in 0..<Self.usersAtOnce { startNext() }
            var found: [IAMUser] = []
            for await result in group {
                switch result {
                case .success(let user): found += user.map { [$0] } ?? []
                case .failure(let error):
                    group.cancelAll()
                    return Result<[IAMUser], AWSError>.failure(error)
                }
                startNext()
            }
            return .success(found)
        }
        return try result.get()
    }

    /// - Returns: nil where the user was deleted meanwhile.
    private func user(withTagsOf name: String) async -> Result<IAMUser?, AWSError> {
        do throws(AWSError) {
            let tags = try await pages("ListUserTags", [("UserName", name)], list: "Tags") { member throws(AWSError) in
                (try Self.text("Key", of: member), member.text("Value") ?? "")
            }
            return .success(IAMUser(name: name, tags: Dictionary(tags) { first, _ in first }))
        } catch { return error.code == .noSuchEntity ? .success(nil) : .failure(error) }
    }

    /// 1 to 64 of the characters that IAM allows: letters, digits and `+=,.@_-`.
    private static func userName(of member: XMLElement) throws(AWSError) -> String {
        let name = try text("UserName", of: member)
        let isFine = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || "+=,.@_-".utf8.contains($0)
        }
        guard isFine, (1...64).contains(name.utf8.count) else {
            throw AWSError(.refused, "the answer holds a user name that IAM does not allow")
        }
        return name
    }

    private static func text(_ name: String, of member: XMLElement) throws(AWSError) -> String {
        guard let text = member.text(name) else {
            throw AWSError(.refused, "the answer holds an entry without \(name)")
        }
        return text
    }
}
