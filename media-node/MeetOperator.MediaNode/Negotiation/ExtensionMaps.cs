using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;
using Uris = MeetOperator.Rtp.HeaderExtensions.HeaderExtensionUris;

namespace MeetOperator.MediaNode.Negotiation;

/// <summary>Converts the <c>extmap</c> attributes of SDP (RFC 8285) to maps for the packet path.</summary>
internal static class ExtensionMaps
{
    private static readonly HeaderExtensionMap OwnAudio = Read(SubscribeOfferWriter.AudioExtensions);
    private static readonly HeaderExtensionMap OwnVideo = Read(SubscribeOfferWriter.VideoExtensions);

    public static HeaderExtensionMap Read(IEnumerable<HeaderExtension> extensions)
    {
        var map = HeaderExtensionMap.Empty;
        foreach (var extension in extensions)
        {
            var kind = Uris.KindOf(extension.Uri);
            if (kind != HeaderExtensionKind.Unknown)
            {
                map = map.With(kind, (byte)extension.Id);
            }
        }

        return map;
    }

    /// <summary>The map for an answer to the node's offer. All subscribers that accepted every offered extension share one instance.</summary>
    public static HeaderExtensionMap ForSubscriber(string kind, IReadOnlyList<HeaderExtension> answered)
    {
        var (own, offered) = kind == "audio" ? (OwnAudio, SubscribeOfferWriter.AudioExtensions) : (OwnVideo, SubscribeOfferWriter.VideoExtensions);
        return offered.All(o => answered.Any(a => (a.Id, a.Uri) == (o.Id, o.Uri))) ? own : Read(answered);
    }
}
