internal import CKeyturnPusher

extension Request {
    /// One that the host is to sign. It has the method by which the host counts it, and a URL that names operation and region.
    init(aws raw: UnsafePointer<kt_aws_request>?) {
        guard let wanted = received(raw, atLeast: KT_MIN_SIZE_AWS_REQUEST, kt_aws_request()) else {
            self.init(operation: "", region: "")
            faults = ["kt_aws_request.size is below \(KT_MIN_SIZE_AWS_REQUEST): set it to sizeof"]
            return
        }
        let region = text(wanted.region, limit: 2 * Int(KT_MAX_AWS_REGION))
        self.init(operation: text(wanted.operation, limit: 2 * Int(KT_MAX_AWS_OPERATION)), region: region)
        if let data = wanted.body.data {
            body = Array(UnsafeBufferPointer(start: data, count: Int(min(wanted.body.length, UInt64(KT_MAX_AWS_BODY)))))
        }
        if wanted.body.length > KT_MAX_AWS_BODY {
            faults.append("a body of \(wanted.body.length) bytes; \(KT_MAX_AWS_BODY) is the most")
        }
        if !AWSNames.isOperation(operation ?? "") { faults.append("the operation \(quoted(operation ?? ""))") }
        if !region.isEmpty, !AWSNames.isRegion(region) { isRefused = true }
        let ends = (body.first { $0 > 0x20 }, body.last { $0 > 0x20 })
        if !body.isEmpty, ends.0 != UInt8(ascii: "{") || ends.1 != UInt8(ascii: "}") {
            faults.append("a body that is not a JSON object")
        }
    }
}

/// How AWS's names are written, as far as the host goes by that.
enum AWSNames {
    /// Services that the host signs for.
    static let services = ["secretsmanager", "ssm"]
    private static let readingVerbs = ["Get", "Describe", "List", "BatchGet"]

    static func isOperation(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, services.contains(String(parts[0])), (2...64).contains(parts[1].utf8.count) else {
            return false
        }
        return ("A"..."Z").contains(parts[1].first ?? "a")
            && parts[1].utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            }
    }

    /// Whether the host takes it for a read.
    static func isReading(_ operation: String) -> Bool {
        let name = operation.drop { $0 != ":" }.dropFirst()
        return readingVerbs.contains { verb in
            name.hasPrefix(verb) && name.dropFirst(verb.count).first.map { ("A"..."Z").contains($0) } ?? true
        }
    }

    static func isRegion(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count <= KT_MAX_AWS_REGION, (3...5).contains(parts.count), let number = parts.last else {
            return false
        }
        return (1...2).contains(number.utf8.count) && number.utf8.allSatisfy { (0x30...0x39).contains($0) }
            && parts.dropLast().allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { (0x61...0x7A).contains($0) }
            }
    }
}
