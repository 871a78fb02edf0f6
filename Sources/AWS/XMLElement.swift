internal import CExpat
internal import PlainText

/// One element of a parsed XML document. Attributes are passed over: AWS's answers have none that matter.
final class XMLElement {
    /// Deeper documents are not AWS's.
    fileprivate static let deepest = 32

    let name: String
    fileprivate(set) var children: [XMLElement] = []
    fileprivate(set) var content = ""

    fileprivate init(name: String) { self.name = name }

    func child(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    /// A text as it may be kept and shown: on one line, bounded, without characters that hide.
    func text(_ name: String) -> String? { child(name).map { PlainText.line($0.content, limit: Self.longestText) } }

    /// A text that is never shown, as it is.
    func secret(_ name: String) -> String? { child(name)?.content }

    /// The longest text that AWS gives and keyturn keeps: an ARN has 2,048 at most, a marker of a listing fewer.
    private static let longestText = 4_096

    /// The element at the end of a way of names.
    func at(_ way: String...) -> XMLElement? {
        way.reduce(self as XMLElement?) { $0?.child($1) }
    }

    /// The root element; nil: not XML.
    static func parse(_ bytes: UnsafeRawBufferPointer) -> XMLElement? {
        guard let parser = XML_ParserCreate("UTF-8") else { return nil }
        defer { XML_ParserFree(parser) }
        let builder = Builder(parser)
        XML_SetUserData(parser, Unmanaged.passUnretained(builder).toOpaque())
        XML_SetElementHandler(
            parser,
            { context, name, _ in
                guard let name else { return }
                Builder.of(context)?.begin(String(cString: name))
            }, { context, _ in Builder.of(context)?.end() })
        XML_SetCharacterDataHandler(parser) { context, text, length in
            guard let text else { return }
            let bytes = UnsafeRawBufferPointer(start: text, count: Int(length))
            Builder.of(context)?.append(String(decoding: bytes, as: UTF8.self))
        }
        // AWS's answers have no document type. Without one there are no entities, and nothing that grows.
        XML_SetStartDoctypeDeclHandler(parser) { context, _, _, _, _ in Builder.of(context)?.stop() }
        let status = withExtendedLifetime(builder) {
            XML_Parse(parser, bytes.bindMemory(to: CChar.self).baseAddress, Int32(clamping: bytes.count), 1)
        }
        return status == XML_STATUS_OK ? builder.root : nil
    }

    private final class Builder {
        var root: XMLElement?
        private var open: [XMLElement] = []
        private let parser: XML_Parser

        init(_ parser: XML_Parser) { self.parser = parser }

        static func of(_ context: UnsafeMutableRawPointer?) -> Builder? {
            context.map { Unmanaged<Builder>.fromOpaque($0).takeUnretainedValue() }
        }

        func begin(_ name: String) {
            let element = XMLElement(name: name)
            if let parent = open.last { parent.children.append(element) } else { root = element }
            open.append(element)
            if open.count > XMLElement.deepest { stop() }
        }

        func end() { _ = open.popLast() }

        func append(_ text: String) { open.last?.content += text }

        func stop() { XML_StopParser(parser, 0) }
    }
}
