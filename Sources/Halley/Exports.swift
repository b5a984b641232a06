// A site imports Halley alone: channels, requests, responses and the everyday types of Foundation come with it.
@_exported public import FoundationEssentials
@_exported public import HTTPTypes
@_exported public import HalleyChannels
@_exported public import HalleyServer
