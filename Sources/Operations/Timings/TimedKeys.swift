internal import Engine
internal import Rotation
internal import Secrets

/// Times each call of AWS.
struct TimedKeys: AccessKeyService {
    let keys: any AccessKeyService
    let timings: Timings

    func listAccessKeys(of user: String) async throws(Failure) -> [AccessKey] {
        let end = timings.begin("IAM ListAccessKeys")
        defer { end() }
        return try await keys.listAccessKeys(of: user)
    }

    func createAccessKey(of user: String, under tenure: Tenure) async throws(Failure) -> (key: AccessKey, pair: KeyPair)
    {
        let end = timings.begin("IAM CreateAccessKey")
        defer { end() }
        return try await keys.createAccessKey(of: user, under: tenure)
    }

    func setStatus(
        _ status: AccessKey.Status, of id: AccessKeyID, of user: String, under tenure: Tenure
    ) async throws(Failure) {
        let end = timings.begin("IAM UpdateAccessKey")
        defer { end() }
        try await keys.setStatus(status, of: id, of: user, under: tenure)
    }

    func deleteAccessKey(_ id: AccessKeyID, of user: String, under tenure: Tenure) async throws(Failure) {
        let end = timings.begin("IAM DeleteAccessKey")
        defer { end() }
        try await keys.deleteAccessKey(id, of: user, under: tenure)
    }

    func lastUse(of id: AccessKeyID) async throws(Failure) -> LastUse? {
        let end = timings.begin("IAM GetAccessKeyLastUsed")
        defer { end() }
        return try await keys.lastUse(of: id)
    }

    func holder(of pair: KeyPair, expecting user: String) async throws(Failure) -> KeyHolder {
        let end = timings.begin("STS GetCallerIdentity")
        defer { end() }
        return try await keys.holder(of: pair, expecting: user)
    }
}
