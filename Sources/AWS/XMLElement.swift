internal import Foundation
internal import FoundationXML

/// One element of a parsed XML document.
final class XMLElement {
    /// Deeper documents are not AWS's.
    private static let deepest = 32

    let name: String
    private(set) var children: [XMLElement] = []
    private(set) var content = ""

    private init(name: String) { self.name = name }

    func child(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    func text(_ name: String) -> String? { child(name)?.content }

    /// The element at the end of a way of names.
    func at(_ way: String...) -> XMLElement? {
        way.reduce(self as XMLElement?) { $0?.child($1) }
    }

    /// The root element; nil: not XML.
    static func parse(_ bytes: UnsafeRawBufferPointer) -> XMLElement? {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return nil }
        // XMLParser only reads, and is gone when this returns.
        let data = Data(
            bytesNoCopy: UnsafeMutableRawPointer(mutating: base), count: bytes.count, deallocator: .none)
        let parser = XMLParser(data: data)
        parser.shouldResolveExternalEntities = false
        let builder = Builder()
        parser.delegate = builder
        return parser.parse() ? builder.root : nil
    }

    private final class Builder: NSObject, XMLParserDelegate {
        var root: XMLElement?
        private var open: [XMLElement] = []

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            let element = XMLElement(name: name)
            if let parent = open.last { parent.children.append(element) } else { root = element }
            open.append(element)
            if open.count > XMLElement.deepest { parser.abortParsing() }
        }

        func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
            open.removeLast()
        }

        func parser(_ parser: XMLParser, foundCharacters text: String) { open.last?.content += text }
    }
}
