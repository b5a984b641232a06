import Testing

@testable import ClientScriptTool

@Suite("Bundling of the browser client")
struct ClientScriptTests {
  @Test("Each file comes after those it imports, once, without import and export")
  func order() throws {
    let files = [
      ScriptFile(name: "halley.js", text: "import { b } from \"./b.js\";\nimport { a } from \"./a.js\";\nb(a);\n"),
      ScriptFile(name: "a.js", text: "export const a = 1;\nexport default a;\n"),
      ScriptFile(name: "b.js", text: "import { a } from \"./a.js\";\nexport function b() {\n  return a;\n}\n"),
    ]
    #expect(try bundle(files, entry: "halley.js") == "const a=1;function b(){return a}b(a);")
  }

  @Test(
    "What does not fit together is named",
    arguments: [
      (["halley.js": "import { a } from \"./a.js\";"], "a.js is imported, but there is no such file"),
      (["halley.js": "", "left.js": ""], "left.js is not imported by any file"),
      (
        ["halley.js": "import { a } from \"./a.js\";", "a.js": "import { h } from \"./halley.js\";"],
        "halley.js imports itself in a circle"
      ),
    ])
  func mistakes(files: [String: String], sentence: String) throws {
    let error = try #require(throws: BundleError.self) {
      try bundle(files.map { ScriptFile(name: $0.key, text: $0.value) }, entry: "halley.js")
    }
    #expect(error.description == sentence)
  }

  @Test(
    "Only what means nothing is taken out",
    arguments: [
      ("// a comment\n  const a = 1;\n\n", "const a=1;"),
      ("return { a, b: c ?? d };", "return{a,b:c??d};"),
      ("x = a + +b - -c + ++d;", "x=a+ +b- -c+ ++d;"),
      (#"say("a  {b};  }", 'c ; }', "\" , }");"#, #"say("a  {b};  }",'c ; }',"\" , }");"#),
      (#"say("\\", a );"#, #"say("\\",a);"#),
      ("say(`${a / b} s ; }`);", "say(`${a / b} s ; }`);"),
      ("if (a) {\n  b();\n} else {\n  c();\n}\nd();", "if(a){b()}else{c()}d();"),
      ("const a =\n  b\n  in c;", "const a=b in c;"),
      ("get text() {\n}\nasync run() {\n}", "get text(){}async run(){}"),
      ("const text = \"Grüße ☄\";", "const text=\"Grüße ☄\";"),
    ])
  func packing(script: String, expected: String) {
    #expect(packed(script) == expected)
  }

  @Test("Private names become letters, the most frequent the first")
  func names() {
    #expect(shortened("#a1=#last;#last;this.#last(#zz)") == "#b=#a;#a;this.#a(#c)")
    let many = (0..<30).map { "#name\($0 + 10);" }.joined()
    #expect(shortened(many).hasPrefix("#a;#b;") && shortened(many).hasSuffix("#ac;#ad;"))
  }

  @Test("Any text survives as a Swift literal")
  func literals() {
    let source = clientSource(script: "a\"\\(b)\n☄", declarations: "d\t", console: [])
    #expect(source.contains(#"script = "a\"\\(b)\u{a}\u{2604}""#))
    #expect(source.contains(#"declarations = "d\u{9}""#))
  }
}
