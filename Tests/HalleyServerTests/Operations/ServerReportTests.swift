import Foundation
import Testing

@testable import HalleyServer

@Suite("Health and metrics")
struct ServerReportTests {
  /// Every number has a value of its own.
  private var sample: ServerReport {
    var report = ServerReport()
    for (index, row) in ReportRow.all.enumerated() { report[keyPath: row.path] = index + 1 }
    return report
  }

  @Test("Numbers are added up over loops; the longest hold is the longest, and one draining loop is enough")
  func sum() {
    var other = sample
    other.longestHold = 7
    other.isDraining = true
    let sum = sample + other
    for row in ReportRow.all where row.key != "longestHold" {
      #expect(sum[keyPath: row.path] == 2 * sample[keyPath: row.path], "\(row.key)")
    }
    #expect(sum.longestHold == max(7, sample.longestHold) && sum.isDraining)
  }

  @Test("The health report has every number once, and what drains says so")
  func health() throws {
    let object = try #require(try JSONSerialization.jsonObject(with: Data(sample.json.utf8)) as? [String: Any])
    #expect(object["status"] as? String == "ok")
    #expect(object.count == ReportRow.all.count + 1)
    for row in ReportRow.all { #expect(object[row.key] as? Int == sample[keyPath: row.path], "\(row.key)") }
    var draining = sample
    draining.isDraining = true
    #expect(draining.json.hasPrefix("{\"status\":\"draining\","))
  }

  @Test("Each metric has help, type and value; counters and nothing else end in _total")
  func metrics() {
    let lines = sample.metrics(descriptors: 33).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.last == "" && (lines.count - 1) % 3 == 0)
    var values: [String: String] = [:]
    for start in stride(from: 0, to: lines.count - 1, by: 3) {
      let value = lines[start + 2].split(separator: " ")
      let name = String(value[0])
      #expect(lines[start].hasPrefix("# HELP \(name) ") && lines[start].hasSuffix("."))
      #expect(lines[start + 1] == "# TYPE \(name) \(name.hasSuffix("_total") ? "counter" : "gauge")")
      #expect(name.wholeMatch(of: /halley_[a-z_]+/) != nil && !lines[start].contains("\\"))
      #expect(value.count == 2 && Double(value[1]) != nil)
      #expect(values.updateValue(String(value[1]), forKey: name) == nil, "\(name) twice")
    }
    for row in ReportRow.all where row.key != "longestHold" {
      #expect(values["halley_\(row.metric)"] == "\(sample[keyPath: row.path])", "\(row.key)")
    }
    #expect(values["halley_draining"] == "0" && values["halley_process_open_descriptors"] == "33")
    #expect(values.count == ReportRow.all.count + 3)
    #expect(!sample.metrics(descriptors: nil).contains("open_descriptors"))
  }

  @Test("Times are seconds", arguments: [(0, "0.000"), (7, "0.007"), (312, "0.312"), (61_045, "61.045")])
  func seconds(milliseconds: Int, seconds: String) {
    let metric = Metric(name: "x_seconds", kind: .milliseconds, help: "Help", value: milliseconds)
    #expect(
      metric.text == "# HELP halley_x_seconds Help.\n# TYPE halley_x_seconds gauge\nhalley_x_seconds \(seconds)\n")
  }

  @Test("The process: when it began, its memory, and its descriptors, also when none is left")
  func process() async throws {
    let started = try #require(ProcessFigures.started)
    let now = Int(Date.now.timeIntervalSince1970 * 1_000)
    // The kernel knows both to a second or so.
    #expect(started <= now + 2_000 && started > now - 3_600_000)
    #expect(try #require(ProcessFigures.memory) > 1 << 20)
    await #expect(processExitsWith: .success) {
      let before = try #require(ProcessFigures.descriptors())
      let more = [dup(0), dup(0), dup(0)]
      precondition(ProcessFigures.descriptors() == before + 3)
      precondition(SmallFile.read("/proc/self/stat") != .noDescriptors && SmallFile.read("/nowhere") == .unreadable)
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      limit.rlim_cur = 200
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      while dup(0) >= 0 {}
      precondition(ProcessFigures.descriptors() == 200)
      precondition(SmallFile.read("/proc/self/stat") == .noDescriptors && SmallFile.read("/nowhere") == .noDescriptors)
      close(more[0])
      precondition(SmallFile.read("/nowhere") == .unreadable && ProcessFigures.descriptors() == 199)
    }
  }
}
