import Foundation
import JSON
@testable import Operations
import Rotation
import Testing

@Suite("Who used a key")
struct UsesTests {
    private let key = AccessKeyID("AKIAOLD0000000000001")

    private func record(_ id: Int, key: String, agent: String = "Boto3/1.34", padding: Int = 0) -> String {
        """
        {"eventID":"\(id)","eventTime":"2026-11-22T10:00:\(String(format: "%02d", id % 60))Z","eventSource":"s3.amazonaws.com",\
        "eventName":"PutObject","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.7","userAgent":"\(agent)",\
        "userIdentity":{"type":"IAMUser","accessKeyId":"\(key)"},"requestParameters":{"x":"}]{\\"[\(String(repeating: "y", count: padding))"}}
        """
    }

    private func scan(_ text: String, pieces: Int, longest: Int = 1 << 20) -> (
        found: [String], count: Int, isWhole: Bool
    ) {
        var (scanner, found) = (RecordScanner(longest: longest), [String]())
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            bytes[start..<min(start + pieces, bytes.count)].withUnsafeBytes { piece in
                scanner.scan(piece) { found.append(String(decoding: $0, as: UTF8.self)) }
            }
        }
        return (found, scanner.count, scanner.isComplete)
    }

    @Test(
        "records are found wherever a file is cut into pieces, whatever stands in their texts",
        arguments: [1, 2, 3, 7, 64, 4_096])
    func pieces(size: Int) {
        let records = (0..<5).map { record($0, key: key.rawValue, padding: $0 * 9) }
        let text = #"{"Records":["# + records.joined(separator: " ,\n") + "]}\n"
        let (found, count, isWhole) = scan(text, pieces: size)
        #expect(found == records && count == 5 && isWhole)
        #expect(!scan(String(text.dropLast(3)), pieces: size).isWhole)
    }

    @Test("a record that is too long is counted and left out, and the next one is read")
    func tooLong() {
        let records = [record(1, key: key.rawValue, padding: 5_000), record(2, key: key.rawValue)]
        let (found, count, _) = scan(
            #"{"Records":["# + records.joined(separator: ",") + "]}", pieces: 100, longest: 1_000)
        #expect(found == [records[1]] && count == 2)
    }

    private func uses(_ texts: [String], _ ranges: AddressRanges = AddressRanges()) throws -> [UsesDocument.Group] {
        var groups = UseGroups()
        for text in texts { KeyUseRecord(try JSONValue(parsing: text), key: key).map { groups.take($0) } }
        return groups.list(ranges)
    }

    @Test("uses of the same program, address and service are one line; one seen twice is one, another key's none")
    func groups() throws {
        let found = try uses([
            record(1, key: key.rawValue), record(9, key: key.rawValue), record(9, key: key.rawValue),
            record(5, key: "AKIANEW0000000000002"),
            record(3, key: key.rawValue, agent: "APN/1.0 HashiCorp/1.0 Terraform/1.9"),
        ])
        #expect(found.map(\.count) == [2, 1] && found.map(\.program) == ["a Python program", "Terraform"])
        #expect(found[0].first == "2026-11-22T10:00:01Z" && found[0].last == "2026-11-22T10:00:09Z")
        #expect(found[0].service == "s3.amazonaws.com" && found[0].operations == ["PutObject"])
    }

    @Test("an address gets the name of the range that holds it, of lines or of GitHub's list")
    func ranges() throws {
        var ranges = AddressRanges()
        try ranges.add("# ours\n192.0.2.0/29 Jenkins\n2001:db8::/33 Lab\n", file: "a")
        #expect(ranges.name(of: "192.0.2.7") == "Jenkins" && ranges.name(of: "192.0.2.8") == nil)
        #expect(ranges.name(of: "2001:db8:7fff::1") == "Lab" && ranges.name(of: "2001:db8:8000::1") == nil)
        #expect(ranges.name(of: "s3.amazonaws.com") == nil)
        #expect(try uses([record(1, key: key.rawValue)], ranges)[0].network == "Jenkins")
        var github = AddressRanges()
        try github.add(#"{"hooks":["192.0.2.0/24"],"actions":["198.51.100.0/24"]}"#, file: "b")
        #expect(github.name(of: "198.51.100.9") == "GitHub Actions" && github.name(of: "192.0.2.7") == nil)
        for text in ["192.0.2.0/33 x", "192.0.2.0/24", "somewhere x", "{}"] {
            var ranges = AddressRanges()
            #expect(throws: AddressRanges.Failure.self) { try ranges.add(text, file: "c") }
        }
    }
}
