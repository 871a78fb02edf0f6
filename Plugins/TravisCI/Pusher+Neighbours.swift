import PusherKit

/// Where else the key of a target may be: under other names and for other branches of the same repository.
extension TravisCI {
    func neighbours(of target: Target, call: borrowing Call) throws(PushFailure) -> [FoundPlace] {
        let own = target.file?.name ?? target.accessKeyID
        let variables = try client.list(target, call: call).variables
        return variables.flatMap { variable -> [FoundPlace] in
            guard !(variable.name == own && variable.branch == target.branch) else { return [] }
            let ids = variable.value.map { $0.accessKeyIDs + ($0.base64Decoded?.accessKeyIDs ?? []) } ?? []
            let branch = variable.branch.map { " (branch \($0))" } ?? ""
            let name = oneLine("\(target.repository)\(branch), variable \(variable.name)")
            let fields = [
                (name: "repository", value: target.repository.text), (name: "branch", value: variable.branch ?? ""),
                (name: "shape", value: "pair"), (name: "access-key-id", value: variable.name),
            ]
            if ids.isEmpty { return variable.name == own ? [FoundPlace(name, fields, keyID: nil)] : [] }
            return ids.map { FoundPlace(name, fields, keyID: $0) }
        }
    }
}
