using MeetOperator.NodeControl.Links;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MeetOperator.NodeControl.Testing;

/// <summary>The endpoints of links to other media nodes.</summary>
internal static class LinkEndpoints
{
    private const int MaxLinks = 7;

    public static void Map(RouteGroupBuilder api, SimulatedMediaNode node)
    {
        api.MapPut("/rooms/{room}/links/{link}", async (string room, string link, HttpContext context) =>
        {
            var spec = await NodeEndpoints.BodyAsync<LinkSpec>(context.Request).ConfigureAwait(false);
            Interlocked.Increment(ref node.LinkPutCount);
            return !node.KnowsLinks ? Results.NotFound() : Lossy(node, context, () => Put(node, room, link, spec));
        });
        api.MapDelete("/rooms/{room}/links/{link}", (string room, string link, long generation, HttpContext context) =>
        {
            Interlocked.Increment(ref node.LinkDeleteCount);
            return !node.KnowsLinks ? Results.NotFound() : Lossy(node, context, () => Delete(node, room, link, generation));
        });
    }

    private static IResult Put(SimulatedMediaNode node, string room, string link, LinkSpec spec)
    {
        var known = NodeEndpoints.Room(node, room);
        NodeEndpoints.Fence(known, spec.Generation);
        var key = (room, link);
        var former = node.LinkTable.GetValueOrDefault(key) is { } open && !open.IsReplacedBy(spec) ? open : null;
        if (LinkSpecRules.FindProblem(link, spec) is { } problem)
        {
            throw new NodeProblemException(400, "invalid-link", problem);
        }

        if (node.LinkTable.Any(other => other.Key != key && other.Value.Spec.Tag == spec.Tag))
        {
            throw new NodeProblemException(400, "invalid-link", "tag belongs to another link of this node.");
        }

        if (former is null && node.LinkTable.Keys.Count(other => other.Room == room && other != key) >= MaxLinks)
        {
            throw new NodeProblemException(429, "too-many-links", $"A room has at most {MaxLinks} links.");
        }

        var kept = spec.WithKept(former?.Spec.Keys ?? []);
        if (former is not null)
        {
            former.Spec = kept;
            return NodeEndpoints.Json(former.Report());
        }

        return NodeEndpoints.Json((node.LinkTable[key] = new SimulatedLink(node, key, kept)).Report(), 201);
    }

    private static IResult Delete(SimulatedMediaNode node, string room, string link, long generation)
    {
        if (node.RoomTable.TryGetValue(room, out var known))
        {
            NodeEndpoints.Fence(known, generation);
        }

        node.LinkTable.TryRemove((room, link), out _);
        return Results.NoContent();
    }

    /// <summary>Makes a change, unless the request is to be lost. The connection of a lost request or response breaks.</summary>
    private static IResult Lossy(SimulatedMediaNode node, HttpContext context, Func<IResult> change)
    {
        lock (node.Gate)
        {
            NodeEndpoints.PassTerm(node, context.Request);
            if (node.LostLinkRequests > 0)
            {
                node.LostLinkRequests--;
                context.Abort();
                return Results.Empty;
            }

            var result = change();
            if (node.LostLinkResponses > 0)
            {
                node.LostLinkResponses--;
                context.Abort();
            }

            return result;
        }
    }
}
