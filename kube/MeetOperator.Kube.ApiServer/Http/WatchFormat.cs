using System.Buffers;
using System.Text;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Storage;
using MeetOperator.Kube.ApiServer.Tables;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>Writes watch events as plain objects or as one-row tables.</summary>
internal sealed class WatchFormat(HttpContext http, ResourceDefinition resource, TimeProvider time)
{
    private readonly string _form = Representation.Requested(http);
    private bool _withoutColumns;

    public void Write(IBufferWriter<byte> output, string type, StoredObject stored)
    {
        output.Write("{\"type\":\""u8);
        Encoding.UTF8.GetBytes(type, output);
        output.Write("\",\"object\":"u8);
        if (_form == Representation.Table)
        {
            // Like the API server, send the column definitions only once.
            JsonText.Write(output, TableFormat.Of(http, resource, [stored], time.GetUtcNow(), stored.Version, null, null, _withoutColumns));
            _withoutColumns = true;
        }
        else
        {
            output.Write(_form == Representation.Metadata ? Representation.MetadataOf(stored) : ReadEndpoint.Bytes(stored, resource));
        }

        output.Write("}\n"u8);
    }
}
