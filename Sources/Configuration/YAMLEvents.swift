internal import CYAML

/// One event of a YAML text.
struct YAMLEvent {
    enum Kind: Hashable {
        case streamStart, streamEnd, documentStart, documentEnd, listStart, listEnd, mappingStart, mappingEnd
        /// - Parameter tag: the one that is written, resolved; nil: none is.
        case scalar(text: String, tag: String?, isPlain: Bool)
        /// A reference to the value with that anchor.
        case alias(String)
    }

    var kind: Kind
    /// The name that later aliases use for this value.
    var anchor: String?
    /// The line on which it begins, from 1.
    var line: Int
}

/// libyaml's parser over one text.
final class YAMLEvents {
    /// What is wrong with the text.
    struct Failure: Error {
        /// From 1; nil: unknown.
        var line: Int?
        var problem: String
        /// What was being read, as `while parsing a flow mapping`, and the line on which that begins; nil: unknown.
        var context: (words: String, line: Int)?
    }

    private static let noMemory = "no memory is left for the parser"

    /// In its own memory, because the parser keeps its own address.
    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    /// libyaml reads it until the parser is deleted.
    private let bytes: UnsafeMutableBufferPointer<UInt8>

    init(_ text: String) throws(Failure) {
        var text = text
        bytes = text.withUTF8 { utf8 in
            let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: utf8.count)
            _ = copy.initialize(from: utf8)
            return copy
        }
        parser.initialize(to: yaml_parser_t())
        // One that failed halfway may be deleted like any other.
        guard yaml_parser_initialize(parser) == 1 else { throw Failure(line: nil, problem: Self.noMemory) }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        bytes.deallocate()
    }

    /// The next event. After the end of the stream there are none: it is not asked for then.
    func next() throws(Failure) -> YAMLEvent {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw failure }
        defer { yaml_event_delete(&event) }
        var anchor: String?
        let kind: YAMLEvent.Kind
        switch event.type {
        case YAML_STREAM_START_EVENT: kind = .streamStart
        case YAML_DOCUMENT_START_EVENT: kind = .documentStart
        case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
        case YAML_SEQUENCE_START_EVENT:
            kind = .listStart
            anchor = Self.text(event.data.sequence_start.anchor)
        case YAML_SEQUENCE_END_EVENT: kind = .listEnd
        case YAML_MAPPING_START_EVENT:
            kind = .mappingStart
            anchor = Self.text(event.data.mapping_start.anchor)
        case YAML_MAPPING_END_EVENT: kind = .mappingEnd
        case YAML_ALIAS_EVENT: kind = .alias(Self.text(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            // It may hold NUL, from an escape.
            let text = String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            kind = .scalar(
                text: text, tag: Self.text(scalar.tag), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
            anchor = Self.text(scalar.anchor)
        default: kind = .streamEnd
        }
        return YAMLEvent(kind: kind, anchor: anchor, line: event.start_mark.line + 1)
    }

    private var failure: Failure {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? Self.noMemory
        switch parser.pointee.error {
        case YAML_SCANNER_ERROR, YAML_PARSER_ERROR:
            let context = parser.pointee.context.map {
                (words: String(cString: $0), line: Int(parser.pointee.context_mark.line) + 1)
            }
            return Failure(
                line: Int(parser.pointee.problem_mark.line) + 1, problem: problem, context: context)
        case YAML_READER_ERROR:
            // The reader knows bytes, and no lines yet.
            let before = bytes.prefix(parser.pointee.problem_offset)
            return Failure(line: before.count { $0 == UInt8(ascii: "\n") } + 1, problem: problem)
        default: return Failure(line: nil, problem: problem)
        }
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }
}
