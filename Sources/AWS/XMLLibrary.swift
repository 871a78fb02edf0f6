internal import CExpat

/// The library that reads AWS's answers in XML.
public enum XMLLibrary {
    /// `expat_2.5.0`, as it is linked at this moment.
    public static var version: String { String(cString: XML_ExpatVersion()) }
}
