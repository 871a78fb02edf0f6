internal import CKeyturnPusher
internal import Rotation
internal import RunnerProtocol
internal import Secrets

extension AWSRequest {
    /// The request as it is sent: what is sent is what was checked.
    ///
    /// - Parameters:
    ///   - body: empty: an empty object; wiped.
    ///   - granted: operations.
    ///   - regions: that of the pusher, and that of the target. No target needs another one, and its name could carry something
    ///     to whoever sees which names this machine looks up.
    ///   - limit: how long all of it may take.
    init(
        _ wanted: WireAWSRequest, body: inout [UInt8], _ granted: [String], in regions: [String],
        within limit: Duration
    ) throws(PluginRequest.Refusal) {
        defer { Secret.wipe(&body) }
        guard let operation = AWSOperation(wanted.operation) else {
            throw PluginRequest.Refusal(reason: "an operation of AWS that is not one of those that pushers may ask for")
        }
        guard granted.contains(operation.description) else {
            throw PluginRequest.Refusal(reason: "\(operation) is not granted to this pusher", grant: "aws")
        }
        guard wanted.region.isEmpty || Self.isRegion(wanted.region) else {
            throw PluginRequest.Refusal(reason: "a region that is not written as AWS's are")
        }
        guard wanted.region.isEmpty || regions.contains(wanted.region) else {
            throw PluginRequest.Refusal(reason: "the region is neither that of the target nor that of the pusher")
        }
        guard body.count <= KT_MAX_AWS_BODY else {
            throw PluginRequest.Refusal(reason: "a body of more than \(KT_MAX_AWS_BODY >> 10) KiB")
        }
        guard body.isEmpty || Self.isObject(body) else {
            throw PluginRequest.Refusal(reason: "a body that is not a JSON object")
        }
        guard let content = body.isEmpty ? .some(nil) : Secret.takingIfRoom(&body).map(Optional.some) else {
            throw PluginRequest.Refusal(reason: "for want of memory that is fit for secrets")
        }
        self.init(
            operation: operation, region: wanted.region.isEmpty ? nil : wanted.region, body: content,
            deadline: .now + limit, responseLimit: PusherLimits.response)
    }

    /// `eu-west-1`, `us-gov-east-1`: it becomes a part of a host's name, so nothing else may be in it.
    static func isRegion(_ text: String) -> Bool {
        text.utf8.count <= KT_MAX_AWS_REGION && Region.isName(text)
    }

    /// By its ends and its characters alone: AWS reads it whole, and here it would leave copies of a secret behind.
    private static func isObject(_ body: [UInt8]) -> Bool {
        let ends = (body.first { $0 > 0x20 }, body.last { $0 > 0x20 })
        guard ends == (UInt8(ascii: "{"), UInt8(ascii: "}")) else { return false }
        return body.allSatisfy { $0 >= 0x20 || [0x09, 0x0A, 0x0D].contains($0) }
    }
}
