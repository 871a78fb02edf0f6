/// Runner to host: please sign this and send it to AWS. Before it comes the body as a secret. The answer is a ``WireResponse``.
public struct WireAWSRequest: Message {
    /// Counts the requests of one call, from 1, together with those of ``WireRequest``.
    public var number: Int64
    /// The service and the operation: `ssm:PutParameter`.
    public var operation: String
    /// The region; empty: the pusher's.
    public var region: String
    /// In milliseconds; 0: the host's limit.
    public var timeLimit: Int64

    /// A request to sign and send.
    public init(number: Int64, operation: String, region: String, timeLimit: Int64) {
        self.number = number
        self.operation = operation
        self.region = region
        self.timeLimit = timeLimit
    }

    /// Reads the fields.
    public init(payload: [UInt8]) throws(ProtocolError) {
        var reader = FieldReader(payload)
        number = try reader.number()
        operation = try reader.text()
        region = try reader.text()
        timeLimit = try reader.number()
        try reader.end()
    }

    /// The fields.
    public var payload: [UInt8] {
        var writer = FieldWriter()
        writer.write(number)
        writer.write(operation)
        writer.write(region)
        writer.write(timeLimit)
        return writer.bytes
    }
}
