import TargetMemory

/// How an interpreter lays out the objects that a program's variables are made of. Behind the head
/// (`PyObject`, Include/object.h) the members of the built-in types stand at the same distance in
/// every build; what differs from version to version is chosen here. Offsets in bytes.
public struct ObjectLayout: Equatable, Sendable {
    /// The size of PyObject: 16, more in builds that keep more in it (free-threaded; debug builds to 3.7).
    public var head: Int
    /// `ob_type`.
    public var type: Int
    public var dictionaries: DictShape
    public var integers: IntegerShape
    public var attributes: AttributeShape
    /// Where a tuple's items begin, behind `ob_size` (3.14+: and the cached hash).
    public var tupleItems: Int
    /// `setentry` begins with the hash (to 3.3) rather than with the key (Include/setobject.h).
    public var setHashFirst: Bool
    /// Python 2: `str` is bytes, and there are `unicode` objects and old-style instances.
    public var isPython2: Bool
    /// Bytes of a `Py_UNICODE`, in Python 2: 2 or 4, as the build was configured.
    public var unicodeWidth: Int

    public init(
        head: Int = 16, type: Int = 8, dictionaries: DictShape, integers: IntegerShape,
        attributes: AttributeShape = .dictOffset, tupleItems: Int = 24, setHashFirst: Bool = false,
        isPython2: Bool = false, unicodeWidth: Int = 4
    ) {
        self.head = head
        self.type = type
        self.dictionaries = dictionaries
        self.integers = integers
        self.attributes = attributes
        self.tupleItems = tupleItems
        self.setHashFirst = setHashFirst
        self.isPython2 = isPython2
        self.unicodeWidth = unicodeWidth
    }

    /// Objects/dictobject.c, Include/internal/pycore_dict.h.
    public enum DictShape: Equatable, Sendable {
        /// To 3.2: one table of hash, key and value.
        case table
        /// 3.3 to 3.5: the table in an object of keys (PEP 412), maybe with the values apart.
        case keys
        /// 3.6 to 3.10: compact, in the order of insertion, behind a table of indices.
        case compact
        /// 3.11 and later: the same, without hashes where all keys are strings. `valuesHead`: bytes
        /// before the first value in PyDictValues (0; from 3.13 on 8).
        case unicodeKeys(valuesHead: Int)
    }

    /// Include/longintrepr.h, later Include/cpython/longintrepr.h.
    public enum IntegerShape: Equatable, Sendable {
        /// To 3.11: `ob_size` is the number of digits, its sign the number's.
        case signedSize(digitBits: Int)
        /// 3.12 and later: `lv_tag` has the sign in its two lowest bits, the number of digits above three.
        case tagged
    }

    /// Where an instance has its `__dict__`.
    public enum AttributeShape: Equatable, Sendable {
        /// To 3.10, and later for types without a managed one: at `tp_dictoffset`.
        case dictOffset
        /// 3.11: values four words before the object, dict three words before it.
        case separateWords(cachedKeys: Int)
        /// 3.12: one word three before it; values one byte below the word, when it is odd.
        case oneWord(cachedKeys: Int)
        /// 3.13 and later: the dict `word` bytes from the object; while there is none, values behind
        /// the object itself.
        case inline(word: Int, cachedKeys: Int)
    }

    /// This layout for a build with another head: everything behind it moves.
    public func withHead(size: Int, type: Int) -> ObjectLayout {
        var layout = self
        let shift = size - head
        layout.head = size
        layout.type = type
        layout.tupleItems += shift
        switch attributes {
        case .dictOffset: break
        case .separateWords(let keys): layout.attributes = .separateWords(cachedKeys: keys + shift)
        case .oneWord(let keys): layout.attributes = .oneWord(cachedKeys: keys + shift)
        case .inline(let word, let keys):
            layout.attributes = .inline(word: word, cachedKeys: keys + shift)
        }
        return layout
    }

    // PyVarObject, and the objects that follow it.
    var size: Int { head }
    var listItems: Int { head + 8 }
    // PyTypeObject (Include/object.h, later Include/cpython/object.h).
    var typeName: Int { head + 8 }
    var typeBasicSize: Int { head + 16 }
    var typeFlags: Int { head + 152 }
    var typeDict: Int { head + 248 }
    var typeDictOffset: Int { head + 272 }
    // PySetObject: `used`, `mask`, `table`.
    var setUsed: Int { head + 8 }
    var setMask: Int { head + 16 }
    var setTable: Int { head + 24 }
    // PyDictObject: to 3.2 `ma_mask` and `ma_table`, else `ma_keys` and `ma_values`.
    var dictMask: Int { head + 16 }
    var dictTable: Int { head + 24 }
    var dictKeys: Int { dictionaries == .keys ? head + 8 : head + 16 }
    var dictValues: Int { dictKeys + 8 }
    /// `md_dict` of a module.
    var moduleDict: Int { head }
    /// `ob_ref` of a cell, `ob_fval` of a float, `ob_ival` of an int of Python 2.
    var content: Int { head }
    /// `lv_tag`, or `ob_size`.
    var integerSize: Int { head }
    var integerDigits: Int { head + 8 }
    /// PyUnicodeObject of Python 2: `length` and `str`.
    var unicodeLength: Int { head }
    var unicodeData: Int { head + 8 }
}
