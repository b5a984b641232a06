import HalleyServer

/// A whole program, checked and ready to be served, with what is needed to print it and to reload its settings.
struct ProgramPlan: Sendable {
  var sites: [PlannedSite]
  /// Values in force for the program as a whole, by key.
  var values: [String: EffectiveValue]
  /// What pages need to know about typed channels.
  var feeds: FeedDeclarations

  var settings: Settings { SettingResolver.settings(values) }
  var plans: [SitePlan] { sites.map(\.plan) }
}

/// A site, its plan and the routes behind it.
struct PlannedSite: Sendable {
  var plan: SitePlan
  var routes: [PlannedRoute]
}

/// A route with its values in force.
struct PlannedRoute: Sendable {
  var declaration: Declaration
  var place: ConfigurationPlace
  var values: [String: EffectiveValue]
  var cors: CORSOptions?
  /// Shared with the running server: replacing its settings changes the live route.
  var source: SettingsSource
}
