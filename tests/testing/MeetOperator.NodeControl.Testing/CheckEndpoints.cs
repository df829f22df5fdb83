using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MeetOperator.NodeControl.Testing;

/// <summary>The endpoints of network checks.</summary>
internal static class CheckEndpoints
{
    public static void Map(RouteGroupBuilder api, SimulatedMediaNode node)
    {
        api.MapPost("/checks", async (HttpRequest request) =>
        {
            var spec = await NodeEndpoints.BodyAsync<NetworkCheckSpec>(request).ConfigureAwait(false);
            if (!node.KnowsChecks)
            {
                return Results.NotFound();
            }

            lock (node.Gate)
            {
                if (node.Draining)
                {
                    throw new NodeProblemException(503, "draining", "This node is draining and accepts no new rooms.");
                }

                if (node.CheckTable.Count >= node.MaxChecks)
                {
                    throw new NodeProblemException(503, "check-busy", $"The node has {node.MaxChecks} network checks, its limit.");
                }

                var id = $"{RoomIds.CheckPrefix}{Guid.NewGuid():N}";
                node.CheckTable[id] = spec;
                node.RoomTable[id] = new SimulatedRoom(node, id, new RoomSpec { Generation = 1, Connectivity = spec.Connectivity });
                return NodeEndpoints.Json(new NetworkCheckReport { CheckId = id, Seconds = 30, Connections = 13, Addresses = ["203.0.113.5"], UdpPorts = [40_000, 40_001], TcpPort = 40_100 }, 201);
            }
        });
        api.MapDelete("/checks/{check}", (string check) =>
        {
            lock (node.Gate)
            {
                if (!node.CheckTable.Remove(check))
                {
                    throw new NodeProblemException(404, "unknown-check", "The network check has ended.");
                }

                node.RemoveRoom(check);
                return Results.NoContent();
            }
        });
    }
}
