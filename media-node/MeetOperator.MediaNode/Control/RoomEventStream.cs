using System.Text.Json;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.NodeControl;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace MeetOperator.MediaNode.Control;

/// <summary><c>GET /v1/rooms/{room}/events</c>: one JSON event a line until the room ends, the client disconnects, or its certificate is no longer trusted.</summary>
internal static class RoomEventStream
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(5);

    public static async Task WriteAsync(HttpContext context, RoomDirectory rooms, string roomId, Func<bool> isAllowed)
    {
        var (hub, reader) = await rooms.OpenEventsAsync(roomId, context.RequestAborted);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, reader.GraceExpired);
        var ct = ends.Token;
        try
        {
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            context.Response.ContentType = "application/x-ndjson";
            var pending = reader.WaitToReadAsync(ct).AsTask();
            while (true)
            {
                if (await Task.WhenAny(pending, Task.Delay(KeepAlive, ct)) != pending)
                {
                    ct.ThrowIfCancellationRequested();
                    if (!isAllowed())
                    {
                        return;
                    }

                    await context.Response.WriteAsync("\n", ct);
                    await context.Response.Body.FlushAsync(ct);
                    continue;
                }

                if (!await pending || !isAllowed())
                {
                    return;
                }

                while (reader.TryRead(out var roomEvent))
                {
                    await context.Response.WriteAsync(JsonSerializer.Serialize(roomEvent, NodeControlJson.Options) + "\n", ct);
                }

                await context.Response.Body.FlushAsync(ct);
                pending = reader.WaitToReadAsync(ct).AsTask();
            }
        }
        catch (OperationCanceledException) when (reader.GraceExpired.IsCancellationRequested)
        {
            // The client does not read, so the connection can only be aborted.
            context.Abort();
        }
        finally
        {
            hub.Close(reader);
            reader.Dispose();
        }
    }
}
