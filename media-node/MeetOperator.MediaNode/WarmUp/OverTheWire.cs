using System.Text.Json;
using MeetOperator.MediaNode.Bodies;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.WarmUp;

/// <summary>Passes the bodies of the warm-up call through JSON, as the control API does: the serializer prepares a type when it is first used.</summary>
internal static class OverTheWire
{
    /// <summary>Serializes a body and parses it again.</summary>
    public static T Pass<T>(T body)
        where T : class => RequestBody.Parse<T>(JsonSerializer.SerializeToUtf8Bytes(body, NodeControlJson.Options));

    /// <summary>Serializes a response and parses it again.</summary>
    public static async Task<T> PassAsync<T>(Task<T> response)
        where T : class => Pass(await response.ConfigureAwait(false));
}
