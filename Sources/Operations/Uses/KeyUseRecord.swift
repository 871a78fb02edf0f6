internal import JSON
internal import PlainText
internal import Rotation

/// What of one record of CloudTrail shows who used a key.
struct KeyUseRecord: Hashable, Sendable {
    private static let textLimit = 300

    var at: Timestamp
    /// `s3.amazonaws.com`
    var service: String
    var operation: String
    var region: String
    /// An address, or the name of a service of AWS's that called on someone's behalf.
    var address: String
    var agent: String
    /// `AccessDenied` and the like; nil: it was carried out.
    var error: String?
    /// The same in a log file and in the event history.
    var id: String

    /// - Returns: nil where the record is not one of that key, or lacks what every record has.
    init?(_ record: JSONValue, key: AccessKeyID) {
        guard record["userIdentity"]?["accessKeyId"]?.string == key.rawValue,
            let at = record["eventTime"]?.string.flatMap(Moment.parse)
        else { return nil }
        func text(_ name: String) -> String { PlainText.line(record[name]?.string ?? "", limit: Self.textLimit) }
        self.at = at
        (service, operation, region) = (text("eventSource"), text("eventName"), text("awsRegion"))
        (address, agent, id) = (text("sourceIPAddress"), text("userAgent"), text("eventID"))
        let code = text("errorCode")
        error = code.isEmpty ? nil : code
    }
}
