import JSON
import Testing

@testable import Configuration

@Suite("Plain scalars")
struct PlainScalarTests {
    private func value(_ text: String) throws(ConfigurationError) -> JSONValue? {
        try Field.parse("a: \(text)\n", file: "f").json["a"]
    }

    @Test(
        "booleans and null are the words of YAML 1.1, in the cases that it lists",
        arguments: [
            ("yes", JSONValue.bool(true)), ("Yes", .bool(true)), ("ON", .bool(true)), ("true", .bool(true)),
            ("off", .bool(false)), ("No", .bool(false)), ("FALSE", .bool(false)),
            ("null", .null), ("Null", .null), ("NULL", .null), ("~", .null), ("", .null), ("# nothing", .null),
            ("yEs", .string("yEs")), ("y", .string("y")), ("nUll", .string("nUll")), ("~~", .string("~~")),
            ("'yes'", .string("yes")), ("\"null\"", .string("null")), ("''", .string("")),
        ])
    func words(text: String, expected: JSONValue) throws {
        #expect(try value(text) == expected)
    }

    @Test(
        "whole numbers: decimal, octal, hexadecimal, binary and base 60",
        arguments: [
            ("0", JSONValue.integer(0)), ("-1", .integer(-1)), ("+12", .integer(12)), ("1_000", .integer(1_000)),
            ("017", .integer(15)), ("0o17", .integer(15)), ("-017", .integer(-15)), ("0x1F", .integer(31)),
            ("-0x10", .integer(-16)), ("0b101", .integer(5)), ("1:30", .integer(90)), ("-1:30", .integer(-90)),
            ("1:59:59", .integer(7_199)), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .string("9223372036854775808")), ("0xg", .string("0xg")), ("0b2", .string("0b2")),
            ("1:60", .string("1:60")), ("1:555", .string("1:555")), ("+", .string("+")), ("--1", .string("--1")),
            ("12a", .string("12a")), ("123456789012", .integer(123_456_789_012)), ("'12'", .string("12")),
        ])
    func integers(text: String, expected: JSONValue) throws {
        #expect(try value(text) == expected)
    }

    @Test("a number in base 60 that does not fit into 64 bits is a text, not the end of the program")
    func overflow() throws {
        let text = "9" + String(repeating: ":59", count: 12)
        #expect(try value(text) == .string(text))
        #expect(try value("9223372036854775807:1") == .string("9223372036854775807:1"))
    }

    @Test(
        "numbers with a point or an exponent",
        arguments: [
            ("1.5", JSONValue.number(1.5)), ("1.", .number(1)), (".5", .number(0.5)), ("-1.5e-3", .number(-0.0015)),
            ("1e5", .number(100_000)), (".5e+3", .number(500)), ("08", .number(8)), ("1_0.5_0", .number(10.5)),
            ("1:30.5", .number(90.5)), ("-190:20:30.15", .number(-685_230.15)), (".inf", .number(.infinity)),
            ("-.INF", .number(-.infinity)),
            ("-.5", .string("-.5")), (".5e3", .string(".5e3")), ("1e", .string("1e")), (".", .string(".")),
            ("1.2.3", .string("1.2.3")), ("2001-12-14", .string("2001-12-14")), ("inf", .string("inf")),
        ])
    func numbers(text: String, expected: JSONValue) throws {
        #expect(try value(text) == expected)
    }

    @Test(
        "a tag that is written decides",
        arguments: [
            ("!!str 12", JSONValue.string("12")), ("!!str yes", .string("yes")), ("! 12", .string("12")),
            ("!<tag:yaml.org,2002:str> 12", .string("12")), ("!!int 12", .integer(12)), ("!!float 1", .number(1)),
            ("!!bool on", .bool(true)), ("!!null x", .null), ("!!int x", .string("x")), ("!other 12", .string("12")),
            ("!!int '12'", .string("12")),
        ])
    func tags(text: String, expected: JSONValue) throws {
        #expect(try value(text) == expected)
    }
}
