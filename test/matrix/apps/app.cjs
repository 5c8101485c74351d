// node app.cjs <setup> <ways> <ending>: the application as a CommonJS module.
require('./run.cjs')(async (name) => require(name));
