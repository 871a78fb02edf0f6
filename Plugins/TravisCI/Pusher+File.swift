import PusherKit

/// Targets with one variable for both parts.
extension TravisCI {
    /// One write. What else the variable held is not known, for Travis CI does not show private values.
    func pushFile(
        _ pair: borrowing KeyPair, _ file: CredentialsVariable, to target: Target, call: borrowing Call
    ) throws(PushFailure) -> Confirmation {
        let old = try client.list(target, call: call).find(file.name, for: target)
        let value = file.contents.contents(keyID: pair.accessKeyID, secret: pair.secretAccessKey).base64
        let written = try client.write(file.name, value, isPublic: false, over: old, in: target, call: call)
        try confirm(written, name: file.name, isPublic: false, in: target)
        return Confirmation(.acknowledged, "\(target.subject()): \(file.name) \(written.verb) (\(written.status))")
    }

    func inspectFile(
        _ file: CredentialsVariable, of target: Target, call: borrowing Call
    ) throws(PushFailure) -> Inspection {
        guard let variable = try client.list(target, call: call).find(file.name, for: target) else {
            throw PushFailure(.notFound, "\(target.subject(file.name)): there is no such variable yet")
        }
        guard variable.isPublic == true, let value = variable.value else {
            return Inspection(
                keyID: nil, message: "\(target.subject(file.name)): private, so its value cannot be read")
        }
        let keyID = value.base64Decoded.flatMap { file.contents.keyID(in: $0) }
        let advice = "someone made it public, and build logs show it: replace the key with keyturn rotate"
        return Inspection(
            keyID: keyID, message: "\(target.subject(file.name)): \(oneLine(keyID ?? "no key", limit: 128)); \(advice)")
    }

    func checkFile(
        _ file: CredentialsVariable, _ list: VariableList, of target: Target
    ) throws(PushFailure) -> [String] {
        let found = try list.find(file.name, for: target)
        let names = [target.accessKeyID, target.secretAccessKey]
        let besides = list.variables.filter { $0.branch == target.branch && names.contains($0.name) }.map { $0.name }
        let advice = besides.first.map {
            ["\($0) is there as well, and AWS's tools prefer it: delete it once jobs use the file"]
        }
        return ["\(file.name) \(found == nil ? "will be created" : "exists")"] + (advice ?? [])
    }
}
