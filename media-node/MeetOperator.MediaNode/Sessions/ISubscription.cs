using MeetOperator.NodeControl;
using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>What the media sections of a subscribe session carry. Used only on the loop's thread.</summary>
internal interface ISubscription
{
    /// <summary>The sections of the next offer.</summary>
    IReadOnlyList<OfferedSection> Sections { get; }

    /// <summary>What the sections carry.</summary>
    IReadOnlyList<TrackDescription> Tracks { get; }

    /// <summary>Applies the answer: one entry for each section of the last offer.</summary>
    void Apply(IReadOnlyList<NegotiatedSection> sections);
}
