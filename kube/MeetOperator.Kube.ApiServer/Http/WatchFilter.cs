using System.Globalization;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Selectors;
using MeetOperator.Kube.ApiServer.Storage;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>Selectors of a watch: an object that enters the selection is ADDED, one that leaves it is DELETED.</summary>
internal sealed class WatchFilter(LabelSelector labels, FieldSelector fields)
{
    private readonly bool _everything = labels.IsEverything && fields.IsEverything;

    public bool Matches(StoredObject stored) => _everything || (labels.Matches(stored.Labels) && fields.Matches(stored));

    /// <summary>What leaves the selection is shown as it was in it, with the version of its leaving.</summary>
    private static StoredObject LastSelected(StoreEvent change)
    {
        var root = (JsonObject)change.Previous!.Root.DeepClone();
        root.Object("metadata")!["resourceVersion"] = change.Version.ToString(CultureInfo.InvariantCulture);
        return new StoredObject(change.Object.Key, change.Version, root);
    }

    /// <summary>The event's type for this watch, or null when it does not concern it.</summary>
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
