/// A growing ring of jobs in plain memory: pushing and popping count no references and check no access.
struct JobRing {
  private var jobs: UnsafeMutablePointer<UnownedJob>
  private var head = 0
  private var capacity = 64
  private(set) var count = 0

  init() { jobs = .allocate(capacity: capacity) }

  mutating func push(_ job: UnownedJob) {
    if count == capacity { grow() }
    (jobs + ((head &+ count) & (capacity &- 1))).initialize(to: job)
    count &+= 1
  }

  mutating func pop() -> UnownedJob? {
    if count == 0 { return nil }
    let job = jobs[head]
    head = (head &+ 1) & (capacity &- 1)
    count &-= 1
    return job
  }

  /// Frees the memory. Jobs that are left are lost.
  mutating func deallocate() { jobs.deallocate() }

  private mutating func grow() {
    let bigger = UnsafeMutablePointer<UnownedJob>.allocate(capacity: capacity * 2)
    for i in 0..<count { (bigger + i).initialize(to: jobs[(head + i) & (capacity - 1)]) }
    jobs.deallocate()
    jobs = bigger
    head = 0
    capacity *= 2
  }
}
