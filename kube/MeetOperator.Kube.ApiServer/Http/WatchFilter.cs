using System.Globalization;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Selectors;
using MeetOperator.Kube.ApiServer.Storage;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>The selectors of a watch. An object that starts to match is ADDED; one that stops matching is DELETED.</summary>
internal sealed class WatchFilter(LabelSelector labels, FieldSelector fields)
{
    private readonly bool _everything = labels.IsEverything && fields.IsEverything;

    public bool Matches(StoredObject stored) => _everything || (labels.Matches(stored.Labels) && fields.Matches(stored));

    /// <summary>The last state that matched, with the version of the change that ended the match.</summary>
    private static StoredObject LastSelected(StoreEvent change)
    {
        var root = (JsonObject)change.Previous!.Root.DeepClone();
        root.Object("metadata")!["resourceVersion"] = change.Version.ToString(CultureInfo.InvariantCulture);
        return new StoredObject(change.Object.Key, change.Version, root);
    }

    /// <summary>The type of the event for this watch, or null if the event does not match.</summary>
    public string? TypeOf(StoreEvent change, out StoredObject shown)
    {
        shown = change.Object;
        var before = change.Previous is not null && Matches(change.Previous);
        if (change.Deleted)
        {
            return before ? "DELETED" : null;
        }

        var now = Matches(change.Object);
        if (before && !now)
        {
            shown = LastSelected(change);
        }

        return (before, now) switch
        {
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
            _ => null,
        };
    }
}
