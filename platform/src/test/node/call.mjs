import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'

const [broker = '127.0.0.1:9092', host = 'http://127.0.0.1:8081'] = process.argv.slice(2)
const registry = new SchemaRegistry({ host })
const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.ERROR })
const id = randomUUID()
const [calls, results] = [kafka.producer(), kafka.consumer({ groupId: id })]
await Promise.all([calls.connect(), results.connect()])

const call = { id, target: 'echo', arguments: JSON.stringify({ text: 'hello' }) }
const value = await registry.encode(await registry.getLatestSchemaId('tool.calls-value'), call)
await calls.send({ topic: 'tool.calls', messages: [{ key: id, value }] })

await results.subscribe({ topic: 'tool.results', fromBeginning: true })
await results.run({
  eachMessage: async ({ message }) => {
    if (message.key.toString() !== id) return // the key of a result is the id of its call
    const { outcome, output } = await registry.decode(message.value)
    console.log(outcome, output)
    process.exit()
  },
})
