import PusherKit

/// The requests of one search. AWS gives ten parameters at once.
struct Lister {
    /// A call may make 256 requests. All ways of a search share them.
    private static let mostPages = 240

    let path: String
    private var subject: String { oneLine("Parameter Store: \(path)") }

    /// The parameters below the path, and why some of them have no value.
    ///
    /// One right opens all: a search that may not decrypt begins again without, and one that may see no values asks for the names,
    /// which it may see for pushes.
    func parameters(call: borrowing Call) throws(PushFailure) -> (list: ParameterList, failure: PushFailure?) {
        var left = Self.mostPages
        let refusal: PushFailure
        do throws(PushFailure) { return (try values(decrypted: true, &left, call: call), nil) } catch {
            guard error.reason == .unauthorized else { throw error }
            refusal = error
        }
        do throws(PushFailure) { return (try values(decrypted: false, &left, call: call), refusal) } catch {
            guard error.reason == .unauthorized else { throw error }
        }
        return (try names(&left, call: call), refusal)
    }

    private func values(
        decrypted: Bool, _ left: inout Int, call: borrowing Call
    ) throws(PushFailure) -> ParameterList {
        try list(&left) { next throws(PushFailure) in
            var body = JSONBody()
            body.set("Path", path)
            body.set("Recursive", true)
            body.set("WithDecryption", decrypted)
            body.set("MaxResults", 10)
            if let next { body.set("NextToken", next) }
            let page: Page<ListedParameter> = try ask("ssm:GetParametersByPath", body, call: call)
            // What is not decrypted is not a value, whatever it looks like.
            return decrypted ? page : page.sealed
        }
    }

    private func names(_ left: inout Int, call: borrowing Call) throws(PushFailure) -> ParameterList {
        try list(&left) { next throws(PushFailure) in
            var filter = JSONBody()
            filter.set("Key", "Path")
            filter.set("Option", "Recursive")
            filter.set("Values", [path])
            var body = JSONBody()
            body.set("ParameterFilters", list: [filter.bytes()])
            body.set("MaxResults", 50)
            if let next { body.set("NextToken", next) }
            return try ask("ssm:DescribeParameters", body, call: call)
        }
    }

    private func list(
        _ left: inout Int, _ page: (String?) throws(PushFailure) -> Page<ListedParameter>
    ) throws(PushFailure) -> ParameterList {
        var found: [ListedParameter] = []
        var next: String?
        while left > 0 {
            left -= 1
            let page = try page(next)
            found += page.parameters
            guard let token = page.next, !token.isEmpty else { return ParameterList(parameters: found, isWhole: true) }
            next = token
        }
        return ParameterList(parameters: found, isWhole: false)
    }

    private func ask(
        _ operation: String, _ body: consuming JSONBody, call: borrowing Call
    ) throws(PushFailure) -> Page<ListedParameter> {
        let answer: HTTPResponse
        do throws(PushFailure) {
            answer = try call.aws(AWSRequest(operation, region: nil, body), about: subject)
        } catch {
            // What keyturn does not send was not granted, or there is no identity for it.
            guard error.reason == .invalidConfiguration else { throw error }
            throw PushFailure(
                .unauthorized, error.message + "; `keyturn plugin pin aws-ssm --grant aws` grants what find asks")
        }
        guard answer.isYes(200), let page = answer.json(Page<ListedParameter>.self) else {
            throw Answer(answer, text: answer.awsErrorText).failure(about: subject, Answers.listRows)
        }
        return page
    }
}

/// What was found.
struct ParameterList {
    let parameters: [ListedParameter]
    /// Whether these are all.
    let isWhole: Bool

    /// The parameters by the paths that they are in.
    var folders: [[ListedParameter]] {
        var order: [String] = []
        var folders: [String: [ListedParameter]] = [:]
        for parameter in parameters {
            if folders[parameter.folder] == nil { order.append(parameter.folder) }
            folders[parameter.folder, default: []].append(parameter)
        }
        return order.compactMap { folders[$0] }
    }
}

/// A page of GetParametersByPath or of DescribeParameters, which has no values. One without the parameter that was asked for may have a
/// further one.
struct Page<Item: JSONReadable>: JSONReadable {
    let parameters: [Item]
    let next: String?

    init(json fields: JSONValue) throws(JSONMismatch) {
        parameters = try fields.value("Parameters")
        next = try fields.optional("NextToken")
    }

    init(_ parameters: [Item], next: String?) { (self.parameters, self.next) = (parameters, next) }
}

extension Page<ListedParameter> {
    /// The page without the values of what is encrypted.
    var sealed: Page { Page(parameters.map { $0.isSecure ? $0.sealed : $0 }, next: next) }
}

/// A parameter in a list.
struct ListedParameter: JSONReadable {
    let name: String
    let isSecure: Bool
    let changedAt: String?
    /// nil: it cannot be seen.
    let value: SecretBytes?
    private let region: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        name = try fields.value("Name")
        isSecure = try fields.value("Type", as: String.self) == Parameter.secure
        changedAt = try fields.optional("LastModifiedDate", as: Double.self).flatMap(epochDate).map(rfc3339Text)
        value = try fields.optional("Value")
        let arn: String = try fields.optional("ARN") ?? ""
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        region = parts.count > 3 ? String(parts[3]) : ""
    }

    private init(sealing other: ListedParameter) {
        (name, isSecure, changedAt, value, region) = (other.name, other.isSecure, other.changedAt, nil, other.region)
    }

    var sealed: ListedParameter { ListedParameter(sealing: self) }

    /// Whether its value holds a key in a form of its own, and not as nothing but a key ID.
    var isDocument: Bool {
        guard let value else { return false }
        let found = value.accessKeyIDs
        return !(found.isEmpty || ListedName("", value: value).isKeyID)
    }

    var inRegion: String { region.isEmpty ? "" : " in \(region)" }
    var place: String { name + inRegion }
    var lastName: String { name.split(separator: "/").last.map(String.init) ?? name }
    var folder: String { String(name.dropLast(lastName.count)) }
    /// The fields of a target that would be it, without what is in it.
    var fields: [(name: String, value: String)] {
        [("parameter", name)] + (region.isEmpty ? [] : [("region", region)])
    }
}
